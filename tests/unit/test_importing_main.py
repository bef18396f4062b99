"""The script from its command line to its exit status, against a small server that is both API and S3."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.support.importing import Plumbline, status

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ROWS = b"Input,Output\nWhy?,Because.\n"


@pytest.fixture
def server() -> Iterator[Plumbline]:
    with Plumbline(status(state="succeeded", progress=1.0)) as made:
        Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.takes_uploads.set()
        made.shutdown()


def command(*arguments: str, url: str) -> list[str]:
    return [sys.executable, "-m", "scripts.importing", "--url", url, *arguments]


KEY = "plk_test"


def start(folder: Path, *arguments: str, url: str) -> subprocess.Popen[str]:
    # The script's package is found from the project, its files in the folder that it runs in.
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "PLUMBLINE_KEY": KEY}
    return subprocess.Popen(
        command(*arguments, url=url),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *arguments: str, url: str) -> tuple[int, str, str]:
    with start(folder, *arguments, url=url) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "history.csv"
    made.write_bytes(ROWS)
    return made


def test_a_file_is_sent_followed_and_summed_up(server: Plumbline, file: Path) -> None:
    code, out, err = run(file.parent, "send", "history.csv", url=server.url)
    assert (code, err) == (0, "")
    assert ROWS in server.uploaded
    lines = out.splitlines()
    assert "uploading history.csv: 100% of 27 bytes" in lines
    assert "history.csv: imported" in lines
    assert f"Import: {server.url}/api/imports/7" in lines


def test_rejected_rows_are_fetched_to_where_the_file_is(server: Plumbline, file: Path) -> None:
    place = {"s3": "s3://bucket/rejected/7.csv", "url": f"{server.url}/rejected"}
    server.shown |= {"state": "succeeded_with_problems", "rejected_rows": place}
    code, out, _ = run(ROOT, "send", str(file), url=server.url)
    assert code == 0
    assert f"are in {file.parent}/history-rejected-7.csv and s3://bucket/rejected/7.csv" in out
    assert (file.parent / "history-rejected-7.csv").read_bytes() == b"Input,Output\n"
    assert "/rejected\n" not in out


def test_where_rejected_rows_are_is_said_even_if_they_cannot_be_fetched(server: Plumbline, file: Path) -> None:
    place = {"s3": "s3://bucket/rejected/7.csv", "url": f"{server.url}/gone"}
    server.shown |= {"state": "succeeded_with_problems", "rejected_rows": place}
    code, out, _ = run(file.parent, "follow", "7", url=server.url)
    assert code == 0
    assert "are in s3://bucket/rejected/7.csv" in out
    assert [one.name for one in file.parent.iterdir()] == ["history.csv"]


def test_an_import_that_failed_is_a_failure(server: Plumbline, file: Path) -> None:
    server.shown |= {"state": "failed", "failure": "The file is empty."}
    code, out, _ = run(file.parent, "send", "history.csv", url=server.url)
    assert code == 1
    assert "The file is empty." in out


def test_the_key_goes_to_the_api_and_to_nobody_else(server: Plumbline, file: Path) -> None:
    place = {"s3": "s3://bucket/rejected/7.csv", "url": f"{server.url}/rejected"}
    server.shown |= {"state": "succeeded_with_problems", "rejected_rows": place}
    code, out, err = run(file.parent, "send", "history.csv", url=server.url)
    assert code == 0
    sent = dict(server.credentials)
    assert sent == {
        "/api/imports": f"Bearer {KEY}",
        "/api/imports/7": f"Bearer {KEY}",
        "/bucket": None,
        "/rejected": None,
    }
    assert KEY not in out + err


def test_a_key_that_may_only_send_sends_and_says_what_it_may_not(server: Plumbline, file: Path) -> None:
    server.may_read = False
    code, out, err = run(file.parent, "send", "history.csv", url=server.url)
    assert (code, err) == (0, "")
    assert server.uploaded.endswith(b"--\r\n")
    assert "This key may not follow it: that needs the scope read." in out
    assert f"make import IMPORT=7 URL={server.url}" in out
    code, out, err = run(file.parent, "follow", "7", url=server.url)
    assert code == 1
    assert "needs the scope read" in err


def test_a_redrive_sends_what_is_missing_and_follows(server: Plumbline, tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "redrive", "7", url=server.url)
    assert (code, server.redriven) == (0, 1)
    assert out.startswith("Chunks that are sent once more: 3\n")
    assert "history.csv: imported" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("send", "none.csv"), "There is no file none.csv."),
        (("follow", "8"), "There is no import 8."),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    server: Plumbline, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = run(tmp_path, *arguments, url=server.url)
    assert "Follow the import" not in err
    assert code == 1
    assert said in err
    assert "Traceback" not in err


def test_ctrl_c_while_uploading_says_that_nothing_was_imported(server: Plumbline, file: Path) -> None:
    server.takes_uploads.clear()
    with start(file.parent, "send", "history.csv", url=server.url) as process:
        assert server.reached.wait(30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "history.csv was not uploaded whole: nothing of it is imported." in err
    assert "Traceback" not in err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_following_says_how_to_go_on(server: Plumbline, file: Path, stop: signal.Signals) -> None:
    server.shown |= {"state": "running"}
    with start(file.parent, "send", "history.csv", url=server.url) as process:
        assert process.stdout is not None
        assert any(line.startswith("importing") for line in process.stdout)
        process.send_signal(stop)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"The import goes on. Follow it with: make import IMPORT=7 URL={server.url}" in err
    assert "Traceback" not in err
