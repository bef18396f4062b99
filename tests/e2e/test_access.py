"""Keys on the local stack, its functions held to their roles: made, used, revoked; and nobody without one."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.access import CLOSED

if TYPE_CHECKING:
    import httpx

    from tests.support.local_stack import LocalStack

ROOT = Path(__file__).parents[2]
REVOKED_WITHIN_SECONDS = 60


def keys(stack: LocalStack, *arguments: str) -> str:
    """What the script of `make key`, `make keys` and `make revoke` prints."""
    command = [sys.executable, "-m", "scripts.keys", "--state", str(stack.state), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def status(client: httpx.Client, method: str, path: str) -> int:
    return client.request(method, path, json={} if method == "POST" else None).status_code


def test_nobody_gets_in_without_a_key_but_to_the_open_addresses(local_stack: LocalStack) -> None:
    with local_stack.http("") as nobody, local_stack.http(f"plk_{'a' * 12}_{'b' * 43}") as guessing:
        for client in (nobody, guessing):
            for method, path, _ in CLOSED:
                assert status(client, method, path.replace("{id}", "1").replace("{series}", "length")) == 401
            answer = client.get("/api/nothing")
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert answer.json()["success"] is False
            for path in ("/health", "/docs", "/docs/start.js", "/openapi.json"):
                assert client.get(path).status_code == 200


def test_the_stacks_own_key_is_its_owners_and_never_in_a_log(local_stack: LocalStack) -> None:
    file = local_stack.state / "key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert local_stack.output().count(local_stack.key) == 2  # shown once, and once in the line to paste
    with local_stack.http() as client:
        assert client.get("/api/keys").status_code == 200
    logs = [path for path in (ROOT / ".local" / "logs").glob("*.log") if path.is_file()]
    assert logs
    assert not [path.name for path in logs if local_stack.key in path.read_text("utf-8", "replace")]


def test_a_key_made_by_hand_does_what_it_was_made_for_until_it_is_revoked(local_stack: LocalStack) -> None:
    reader = keys(local_stack, "make", "--name", "e2e reader", "--scopes", "read", "--expires", "1d").strip()
    assert "e2e reader" in keys(local_stack, "list")
    with local_stack.http(reader) as client:
        # Both functions ask the table, each by its own role.
        assert status(client, "GET", "/api/interactions?limit=1") == 200
        assert status(client, "GET", "/api/alerts?limit=1") == 200
        for method, path in (("POST", "/api/interactions"), ("GET", "/api/keys"), ("GET", "/api/settings")):
            answer = client.request(method, path, json={} if method == "POST" else None)
            assert (answer.status_code, answer.json()["success"]) == (403, False)
        used = used_at(local_stack, reader)
        assert used is not None

        keys(local_stack, "revoke", reader)
        until = time.monotonic() + REVOKED_WITHIN_SECONDS
        while {status(client, "GET", path) for path in ("/api/interactions", "/api/alerts")} != {401}:
            assert time.monotonic() < until, "a revoked key still opens"
            time.sleep(1)
    line = next(one for one in keys(local_stack, "list").splitlines() if one.startswith(reader.split("_")[1]))
    assert "revoked" in line


def test_keys_are_made_and_revoked_over_the_api_too(local_stack: LocalStack, http: httpx.Client) -> None:
    made = http.post("/api/keys", json={"name": "e2e writer", "scopes": ["ingest"]})
    assert made.status_code == 200
    data = made.json()["data"]
    with local_stack.http(data["key"]) as client:
        sent = {"input_text": "May I write?", "output_text": "You may."}
        assert client.post("/api/interactions", json=sent).status_code == 200
        assert status(client, "GET", "/api/interactions") == 403
    listed = http.get("/api/keys").text
    assert data["id"] in listed
    assert data["key"].split("_")[2] not in listed
    assert http.delete(f"/api/keys/{data['id']}").json()["data"]["revoked_at"] is not None
    assert http.get("/api/settings").json()["data"]["authorization"] == "keys"


def used_at(stack: LocalStack, key: str) -> str | None:
    """The key's last use once it is noted, which no request waits for."""
    until = time.monotonic() + 20
    while True:
        found = stack.dynamodb().get_item(TableName=stack.described["KeysTable"], Key={"id": {"S": key[4:16]}})
        if "last_used_at" in found["Item"] or time.monotonic() > until:
            moment: str | None = found["Item"].get("last_used_at", {}).get("S")
            return moment
        time.sleep(0.2)


@pytest.mark.parametrize("target", ["keys", "key", "revoke"])
def test_make_says_what_it_wants(target: str) -> None:
    done = subprocess.run(
        ["make", target, "CONFIG=nowhere", "KEY="],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = {"keys": "no section 'nowhere'", "key": "make key NAME=importer SCOPES=", "revoke": "make revoke KEY="}
    assert done.returncode != 0
    assert said[target] in done.stdout + done.stderr
