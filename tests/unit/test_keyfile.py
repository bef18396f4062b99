"""The file of a local stack's key, and whom it is sent to."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from scripts.keys import keyfile

if TYPE_CHECKING:
    from pathlib import Path


def test_only_its_owner_reads_it_from_the_first_moment_on(tmp_path: Path) -> None:
    assert keyfile.read(tmp_path) is None
    for key in ("plk_one", "plk_two"):
        keyfile.write(tmp_path, key)
        file = keyfile.path(tmp_path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert keyfile.read(tmp_path) == key
    assert [one.name for one in tmp_path.iterdir()] == ["key"]


def test_what_an_interrupted_run_has_left_is_replaced(tmp_path: Path) -> None:
    left = keyfile.path(tmp_path).with_suffix(".new")
    left.write_text("half", encoding="utf-8")
    left.chmod(0o644)
    keyfile.write(tmp_path, "plk_whole")
    assert stat.S_IMODE(keyfile.path(tmp_path).stat().st_mode) == 0o600
    assert keyfile.read(tmp_path) == "plk_whole"


@pytest.mark.parametrize(
    ("url", "named", "expected"),
    [
        ("http://127.0.0.1:8000", "", "plk_local"),
        ("http://localhost:9000/x", "", "plk_local"),
        ("http://[::1]:9000", "", "plk_local"),
        ("http://127.0.0.1:8000", " plk_named ", "plk_named"),
        ("https://abc.execute-api.eu-central-1.amazonaws.com", "plk_named", "plk_named"),
        # The local key is nobody else's business.
        ("https://abc.execute-api.eu-central-1.amazonaws.com", "", None),
        ("http://127.0.0.1.example.com", "", None),
        ("http://localhost@example.com", "", None),
        ("nonsense", "", None),
    ],
)
def test_the_local_key_goes_to_this_machine_only(
    tmp_path: Path, url: str, named: str, expected: str | None
) -> None:
    keyfile.write(tmp_path, "plk_local")
    assert keyfile.key_for(url, {keyfile.VARIABLE: named}, tmp_path) == expected


def test_without_a_file_nothing_is_sent(tmp_path: Path) -> None:
    assert keyfile.key_for("http://127.0.0.1:8000", {}, tmp_path) is None
