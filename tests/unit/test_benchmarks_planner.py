"""What the planner's speed is measured on is what it says."""

from __future__ import annotations

import csv
import io

from plumbline.imports.cutting import cut
from plumbline.imports.dialect import Dialect
from plumbline.imports.reader import Position

from benchmarks import whole_file
from benchmarks.data import Pair, as_csv
from benchmarks.planner_speed import Repeated, fastest, files, peak_megabytes

PAIRS = [Pair(f'Is "{n}" prime,\nor not?', f"It is 5\" long, and\r\n{n} isn't.") for n in range(50)]


def test_files_hold_the_same_rows_and_only_the_last_needs_the_parser() -> None:
    by_name = files(PAIRS, 20_000)
    for name, data in by_name.items():
        assert len(data) >= 20_000
        rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
        assert {len(row) for row in rows} == {2}
        careful = [chunk.careful for chunk in cut(io.BytesIO(data), Position(), Dialect("csv"))]
        assert any(careful) == ("stray quote" in name)


def test_a_repeated_stream_has_whole_rows_and_about_the_size_asked_for() -> None:
    stream = Repeated(b"a,b\nc,d\n", 1003)
    data = b"".join(iter(lambda: stream.read(7), b""))
    assert data == b"a,b\nc,d\n" * 125


def test_every_work_reads_the_file() -> None:
    best = fastest(files(PAIRS, 1000)["real texts"], 1)
    assert len(best) == 5
    assert all(0 <= seconds < float("inf") for seconds in best.values())
    assert peak_megabytes() > 5


def test_every_row_of_a_whole_file_is_cut_and_read_once() -> None:
    rows = [Pair(f"question {n}\nof several lines", f'answer "{n}", ' * 40) for n in range(300)]
    data = as_csv(rows)
    made = whole_file.count(data, 5 * len(data))
    assert made.expected == made.cut == made.read >= 5 * 300
    assert (made.rejected, made.expected % 300) == (0, 0)
