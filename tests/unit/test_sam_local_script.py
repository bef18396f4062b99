"""What `make local-invoke` hands to a function: the sample event, as a caller with a key would send it."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from plumbline.metrics import measure
from plumbline.storage.measures import read_measures

from scripts.keys import keyfile
from scripts.local_stack import sam_local

EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sam_local, "BUILD", tmp_path / "build")
    monkeypatch.setattr(sam_local, "ENGINE", tmp_path / "engine")
    monkeypatch.delenv(keyfile.VARIABLE, raising=False)
    (tmp_path / "engine").mkdir()


def test_a_request_is_sent_with_the_engines_key() -> None:
    keyfile.write(sam_local.ENGINE, "plk_engine")
    for _ in range(2):
        function, option, event = sam_local.function_and_event("events/alerts-list.json")
        assert (function, option) == ("AlertsFunction", "--event")
        sent = json.loads(Path(event).read_text(encoding="utf-8"))
        assert sent["headers"].pop("authorization") == "Bearer plk_engine"
        assert sent == json.loads((EVENTS / "alerts-list.json").read_text(encoding="utf-8"))
        assert stat.S_IMODE(Path(event).stat().st_mode) == 0o600


def test_a_key_of_ones_own_goes_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    keyfile.write(sam_local.ENGINE, "plk_engine")
    monkeypatch.setenv(keyfile.VARIABLE, "plk_mine")
    event = sam_local.with_key(EVENTS / "interactions-list.json")
    assert json.loads(event.read_text(encoding="utf-8"))["headers"]["authorization"] == "Bearer plk_mine"


def test_what_is_no_request_goes_as_it_is() -> None:
    keyfile.write(sam_local.ENGINE, "plk_engine")
    assert sam_local.with_key(EVENTS / "imports-upload.json") == EVENTS / "imports-upload.json"


def test_without_a_key_the_function_is_left_to_say_so() -> None:
    assert sam_local.with_key(EVENTS / "alerts-list.json") == EVENTS / "alerts-list.json"


def test_images_of_the_sample_of_the_stream_are_as_they_are_written_today() -> None:
    records = json.loads((EVENTS / "baselines-stream.json").read_text(encoding="utf-8"))["Records"]
    for image in (record["dynamodb"]["NewImage"] for record in records):
        assert read_measures(image) == measure(image["input"]["S"], image["output"]["S"])


def test_options_go_to_sam_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(sam_local, "image_is_here", lambda _architecture: True)
    monkeypatch.setattr(sam_local, "build", lambda _architecture: None)
    monkeypatch.setattr(os, "execve", lambda _program, command, _environment: ran.append(command))
    monkeypatch.setattr(sys, "argv", ["sam_local", "start-api", "--port", "3001"])
    sam_local.main()
    assert ran[0][-2:] == ["--port", "3001"]
