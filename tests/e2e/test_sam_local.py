"""The functions in Lambda's own runtime, in containers: ``make local-api`` and ``make local-invoke``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.local_stack import engine_wanted, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
EVENTS = sorted(path.name for path in (ROOT / "events").glob("*-*.json"))
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class SamLocal:
    """An engine with the template's tables, and the environment in which `sam local` finds it."""

    env: dict[str, str]

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "scripts.local_stack.sam_local", *arguments]


@pytest.fixture(scope="module")
def sam_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamLocal]:
    if not engine_wanted():
        pytest.skip("PLUMBLINE_LOCAL_STACK=1 is not set: it runs the tests that need containers")
    engine_answers = [sys.executable, "-c", "import docker; docker.from_env().ping()"]
    if subprocess.run(engine_answers, check=False, capture_output=True).returncode:
        if os.environ.get("PLUMBLINE_REQUIRE_ENGINES") == "1":
            pytest.fail("there is no container engine")
        pytest.skip("there is no container engine")
    folder, port = tmp_path_factory.mktemp("sam-local"), str(free_port())
    log = folder / "engine.log"
    command = [
        sys.executable,
        "-m",
        "scripts.local_stack.engine",
        "--port",
        port,
        "--state",
        str(folder / "state"),
    ]
    with log.open("w") as written:
        engine = subprocess.Popen(command, cwd=ROOT, stdout=written, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: "answer on" in log.read_text(), engine, log)
        key = (folder / "state" / "key").read_text().strip()
        yield SamLocal({**os.environ, "ENGINE_PORT": port, "PLUMBLINE_KEY": key})
    finally:
        end(engine)


@pytest.fixture(scope="module")
def api(sam_local: SamLocal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    port, log = free_port(), tmp_path_factory.mktemp("api") / "api.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            sam_local.command("start-api", "--port", str(port)),
            cwd=ROOT,
            env=sam_local.env,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(lambda: "Running on http" in log.read_text(), process, log)
        address = f"http://127.0.0.1:{port}"
        headers = {"authorization": f"Bearer {sam_local.env['PLUMBLINE_KEY']}"}
        with httpx.Client(base_url=address, headers=headers, timeout=120, trust_env=False) as client:
            yield client
    finally:
        end(process)


def wait_for(ready: Any, process: subprocess.Popen[Any], log: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        assert process.poll() is None, f"it ended:\n{log.read_text()}"
        assert time.monotonic() < until, f"it did not start:\n{log.read_text()}"
        time.sleep(0.2)


def end(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(60)
    finally:
        process.kill()


def test_the_api_records_and_answers(api: httpx.Client) -> None:
    text = "a long answer " * 20
    sent = {"input_text": "Is this Lambda's own runtime?", "output_text": text}
    created = api.post("/api/interactions", json=sent)
    assert (created.status_code, created.json()["message"]) == (200, "Interaction created successfully")
    made = created.json()["data"]
    assert made["metrics"]["output.length"] == len(text)

    read = api.get(f"/api/interactions/{made['id']}")
    assert read.json()["data"] == made

    (alert,) = api.get("/api/alerts", params={"interaction_id": made["id"]}).json()["data"]
    assert (alert["alert_type"], alert["element"], alert["metric_value"]) == ("threshold", "output", len(text))


def test_the_api_is_closed_without_a_key(api: httpx.Client) -> None:
    answer = api.get("/api/interactions", headers={"authorization": "none"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["success"] is False
    assert api.get("/openapi.json", headers={"authorization": ""}).status_code == 200


def test_the_api_answers_unknown_routes_in_the_envelope(api: httpx.Client) -> None:
    answer = api.get("/api/nothing-here")
    assert answer.status_code == 404
    assert answer.json()["success"] is False


@pytest.mark.parametrize("event", EVENTS)
def test_every_sample_event_is_handled(sam_local: SamLocal, event: str) -> None:
    done = subprocess.run(
        sam_local.command("invoke", f"events/{event}"),
        cwd=ROOT,
        env=sam_local.env,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    if event.startswith(("interactions", "alerts")):
        assert answer["statusCode"] == 200, answer
        assert json.loads(answer["body"])["success"] is True
    elif event.startswith("imports"):
        assert '"rows_stored":3' in done.stderr, done.stderr
    elif event.startswith("cleanup"):
        assert answer == {"batchItemFailures": []}, done.stderr
    else:
        assert '"counted":2' in done.stderr, done.stderr


def test_an_event_that_is_not_there_is_named(sam_local: SamLocal) -> None:
    done = subprocess.run(
        sam_local.command("invoke", "events/nothing.json"), cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("\nThere is no event 'events/nothing.json'. There are: events/alerts-list.json")
