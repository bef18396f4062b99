"""A file that cannot be read to its end: whole lines before the damage are in chunks, a begun one is not."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import PlumblineError, Unavailable, UnreadableFile
from plumbline.imports.cutting import Cut, Sizes, cut
from plumbline.imports.dialect import Dialect
from plumbline.imports.lines import Lines
from plumbline.imports.reader import Position, RecordReader

if TYPE_CHECKING:
    from plumbline.imports.reader import Malformed, Record

CSV, JSONL = Dialect("csv"), Dialect("jsonl")
SMALL = Sizes(rows=3, bytes=40, first_step=8, step=16, stretch=16, block=7)


class Damaged:
    """Gives what comes before the damage, and then fails in every read."""

    def __init__(self, data: bytes, error: PlumblineError) -> None:
        self._file = io.BytesIO(data)
        self._error = error

    def read(self, size: int, /) -> bytes:
        if data := self._file.read(size):
            return data
        raise self._error


def cut_until_damage(data: bytes, dialect: Dialect) -> list[Cut]:
    found: list[Cut] = []
    error = UnreadableFile("The file is damaged here.")

    def step_by_step() -> None:
        for one in cut(Damaged(data, error), Position(), dialect, keep=True, sizes=SMALL):
            found.append(one)  # noqa: PERF402 - what comes before the error is wanted

    with pytest.raises(UnreadableFile, match="damaged here"):
        step_by_step()
    return found


def records(data: bytes, chunks: list[Cut]) -> list[Record | Malformed]:
    found: list[Record | Malformed] = []
    for chunk in chunks:
        reader = RecordReader(Lines(io.BytesIO(data[chunk.start.byte : chunk.end.byte])), chunk.start, CSV.width)
        found.extend(reader)
    return found


@given(
    cells=st.lists(st.tuples(st.text('ab,"\n é', max_size=9), st.text("xy", max_size=5)), max_size=12),
    share=st.floats(0, 1),
)
def test_whole_lines_before_the_damage_are_cut(cells: list[tuple[str, str]], share: float) -> None:
    text = "".join(f'"{one.replace(chr(34), chr(34) * 2)}",{other}\r\n' for one, other in cells)
    whole = text.encode()
    data = whole[: int(len(whole) * share)]
    kept = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]
    chunks = cut_until_damage(data, CSV)
    assert b"".join(chunk.data or b"" for chunk in chunks)[: len(kept)] == kept
    assert (chunks[-1].end.byte if chunks else 0) == len(kept)


def test_a_line_that_was_begun_is_in_no_chunk() -> None:
    data = b"one,1\ntwo,2\nthree,3\nfour,4\nfive,5\nsix"
    chunks = cut_until_damage(data, CSV)
    assert [record.row for record in records(data, chunks)] == [1, 2, 3, 4, 5]
    assert not cut_until_damage(b"a line that was only begun", JSONL)
    assert cut_until_damage(b"{}\n{}\n{", JSONL)[-1].end == Position(6, 3, 3)


def test_what_another_attempt_may_read_ends_nothing() -> None:
    stream = Damaged(b"one,1\ntwo,2\n", Unavailable("busy"))
    with pytest.raises(Unavailable):
        list(cut(stream, Position(), CSV, sizes=SMALL))
