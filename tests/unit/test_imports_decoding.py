"""Gzip and UTF-16 become the same UTF-8 however the bytes come, and what is damaged costs only itself."""

from __future__ import annotations

import gzip
import io
import random
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.errors import UnreadableFile
from plumbline.imports import decoding, gunzip
from plumbline.imports.decoding import Decoding, Encoding, decode, skip

from tests.support.streams import Dribble

if TYPE_CHECKING:
    from plumbline.imports.lines import ByteStream

GZIP = Decoding("gzip")
TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("a\n\r\ufeff世🎉\U0010ffff"), max_size=60
)


def read(data: bytes, what: Decoding, size: int = 1 << 20, ask: int = 1 << 16, max_bytes: int = 10**9) -> bytes:
    stream = decode(Dribble(data, size), what, compressed_size=len(data), max_bytes=max_bytes)
    return b"".join(iter(lambda: stream.read(ask), b""))


def read_until_failure(data: bytes, what: Decoding = GZIP, ask: int = 1 << 16) -> tuple[bytes, str]:
    stream = decode(io.BytesIO(data), what, compressed_size=len(data))
    out = io.BytesIO()
    with pytest.raises(UnreadableFile) as caught:
        _copy(stream, out, ask)
    with pytest.raises(UnreadableFile):
        stream.read(ask)  # it does not look like the end when asked again
    return out.getvalue(), caught.value.message


def _copy(stream: ByteStream, out: io.BytesIO, ask: int) -> None:
    out.writelines(iter(lambda: stream.read(ask), b""))


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def test_plain_utf_8_is_the_stream_itself() -> None:
    stream = io.BytesIO(b"x")
    assert decode(stream, Decoding()) is stream


@given(
    st.lists(st.binary(max_size=200), max_size=4),
    st.integers(0, 9),
    st.integers(1, 50),
    st.integers(1, 50),
    st.data(),
)
def test_gzip_in_any_members_padding_and_blocks(
    parts: list[bytes], level: int, size: int, ask: int, data: st.DataObject
) -> None:
    packed = b"".join(gzip.compress(part, level) + bytes(data.draw(st.integers(0, 9))) for part in parts)
    assert read(packed, GZIP, size, ask) == b"".join(parts)


@pytest.mark.parametrize("ask", [1, 1000, 1 << 20])
def test_much_out_of_little_comes_in_blocks_and_whole(ask: int) -> None:
    packed = gzip.compress(bytes(70_000)) + gzip.compress(b"end")
    stream = decode(io.BytesIO(packed), GZIP)
    blocks = list(iter(lambda: stream.read(ask), b""))
    assert b"".join(blocks) == bytes(70_000) + b"end"
    assert max(map(len, blocks)) <= min(ask, gunzip.MAX_BLOCK)


@given(st.integers(1, 5000), st.integers(1, 3000))
def test_a_file_that_breaks_off_gives_all_that_is_there_and_says_so(cut: int, ask: int) -> None:
    content = noise(4000)
    packed = gzip.compress(content)
    found, message = read_until_failure(packed[: min(cut, len(packed) - 1)], ask=ask)
    assert found == content[: len(found)]
    expected = zlib.decompressobj(31).decompress(packed[: min(cut, len(packed) - 1)])
    assert found == expected
    assert f"breaks off after {min(cut, len(packed) - 1):,} of" in message
    assert f"({len(found):,} bytes unpacked)" in message


@pytest.mark.parametrize("ask", [100, 1 << 20])
def test_damage_costs_nothing_before_it(ask: int) -> None:
    content = bytes(noise(1000).hex(), "ascii") * 200
    members = [gzip.compress(content), gzip.compress(content)]
    packed = members[0] + b"no gzip" + members[1]
    found, message = read_until_failure(packed, ask=ask)
    assert found == content
    assert (
        f"is damaged after {len(members[0]) + 1:,} of {len(packed):,} bytes ({len(content):,} bytes unpacked)"
        in message
    )
    assert "gzip -t" in message


def test_damage_in_the_middle_of_a_block_gives_what_stands_before_it() -> None:
    first, second = zlib.compressobj(wbits=31), b"x" * 1000 + b"y" * 1000
    packed = first.compress(second) + first.flush(zlib.Z_FULL_FLUSH) + b"\x07 reserved block type"
    assert read_until_failure(packed)[0] == second


def test_a_wrong_checksum_is_told() -> None:
    packed = bytearray(gzip.compress(b"Input,Output\n"))
    packed[-8] ^= 1
    found, message = read_until_failure(bytes(packed))
    assert found == b"Input,Output\n"
    assert "is damaged" in message


def test_more_than_may_come_out_is_refused_before_it_is_read() -> None:
    packed = gzip.compress(bytes(1000))
    assert len(read(packed, GZIP, max_bytes=1000)) == 1000
    with pytest.raises(UnreadableFile, match="more than 999 bytes"):
        read(packed, GZIP, max_bytes=999)


def test_a_bomb_is_told_by_its_ratio_in_flat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunzip, "RATIO_COUNTS_FROM", 2**24)
    packed = gzip.compress(bytes(2**26))
    tracemalloc.start()
    stream = decode(io.BytesIO(packed), GZIP)
    with pytest.raises(UnreadableFile, match="more than 200 times its size"):
        for _ in iter(lambda: stream.read(1 << 20), b""):
            pass
    assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    tracemalloc.stop()


def test_a_file_that_repeats_itself_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunzip, "RATIO_COUNTS_FROM", 1000)
    content = b"".join(b"What is 2 + 2?,4\n" * 200 + noise(2000)[20 * i : 20 * i + 20] for i in range(100))
    assert read(gzip.compress(content), GZIP) == content


@given(TEXT, st.sampled_from(["utf-16-le", "utf-16-be"]), st.integers(1, 20), st.integers(1, 20), st.booleans())
def test_utf_16_in_any_blocks(text: str, encoding: Encoding, size: int, ask: int, packed: bool) -> None:
    data = f"\ufeff{text}".encode(encoding)
    what = Decoding("gzip" if packed else "none", encoding, bom=True)
    assert read(gzip.compress(data) if packed else data, what, size, ask) == f"\ufeff{text}".encode()


@given(st.lists(st.sampled_from(["a", "\n", "🎉", "\ud83c", "\udf89"]), max_size=12), st.integers(1, 9))
def test_halves_of_pairs_become_no_utf_8_and_the_rest_stays(parts: list[str], size: int) -> None:
    data = "".join(parts).encode("utf-16-le", "surrogatepass")
    expected = data.decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")
    assert read(data, Decoding(encoding="utf-16-le"), size) == expected


def test_half_a_unit_at_the_end_becomes_no_utf_8() -> None:
    assert read("ab".encode("utf-16-be") + b"\0", Decoding(encoding="utf-16-be")) == b"ab\xff"
    assert read(b"\x3d\xd8\x41", Decoding(encoding="utf-16-le")) == b"\xed\xa0\xbd\xff"


def test_skipping_reads_as_far_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "READ_SIZE", 3)
    stream = io.BytesIO(b"0123456789")
    skip(stream, 7)
    assert stream.read() == b"789"
    with pytest.raises(UnreadableFile, match="became shorter"):
        skip(io.BytesIO(b"01"), 3)


@pytest.mark.parametrize("content", [b"", b"x"])
def test_members_that_hold_next_to_nothing_are_told(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunzip, "MEMBERS_COUNT_FROM", 100)
    found, message = read_until_failure(gzip.compress(content, mtime=0) * 1000)
    assert (found, "101 members that hold next to nothing" in message) == (content * 101, True)


def test_a_member_for_each_line_is_no_attack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunzip, "MEMBERS_COUNT_FROM", 100)
    line = b"What is 2+2?,Four it is.\n"
    assert read(gzip.compress(line, mtime=0) * 1000, GZIP) == line * 1000
