"""The local stack's front door: nobody keeps it from answering others."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


@pytest.fixture
def front_door(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Its module, beside a local AWS with one API, which answers what it was sent."""

    async def handle_execute(*request: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"content-type": "text/plain"}, request[5]

    services = ModuleType("ministack.services")
    services.apigateway = SimpleNamespace(  # type: ignore[attr-defined]
        _apis=SimpleNamespace(_data={"1": {"apiId": "1", "name": "plumbline"}}),
        _v2_request_body_is_text=lambda kind: True,
        decode_http_api_path=lambda path: path,
        handle_execute=handle_execute,
    )
    monkeypatch.setitem(sys.modules, "ministack", ModuleType("ministack"))
    monkeypatch.setitem(sys.modules, "ministack.services", services)
    monkeypatch.delitem(sys.modules, "scripts.emulator.front_door", raising=False)
    import scripts.emulator.front_door as module

    yield module
    del sys.modules["scripts.emulator.front_door"]


SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/api/interactions",
    "query_string": b"",
    "headers": [(b"content-type", b"application/json")],
    "server": ("127.0.0.1", 8000),
}


async def send_body(door: Any, messages: Any) -> tuple[int, dict[str, str], bytes]:
    """What the door answers to a request whose body comes by ``messages``."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await door(SCOPE, messages, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


async def at_once() -> Any:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def never() -> Any:
    await asyncio.Event().wait()


async def drops() -> Any:
    await asyncio.sleep(0.001)
    return {"type": "http.request", "body": b"x", "more_body": True}


@pytest.mark.parametrize("slow", [never, drops])
def test_a_body_that_does_not_arrive_is_given_up_and_holds_up_nobody(front_door: Any, slow: Any) -> None:
    door = front_door.FrontDoor("plumbline", longest_body=0.2)

    async def both() -> Any:
        waiting = [asyncio.create_task(send_body(door, slow)) for _ in range(3 * front_door.CONCURRENCY)]
        quick = await send_body(door, at_once)
        assert not any(task.done() for task in waiting)
        return quick, await asyncio.gather(*waiting)

    quick, given_up = asyncio.run(both())
    assert (quick[0], quick[2]) == (200, b"{}")
    for status, headers, body in given_up:
        assert (status, headers["connection"], b'"success": false' in body) == (408, "close", True)


def test_a_body_without_end_is_read_and_thrown_away(front_door: Any) -> None:
    door = front_door.FrontDoor("plumbline")
    left = iter([b"x" * 2**20] * 12)

    async def large() -> Any:
        block = next(left, b"")
        return {"type": "http.request", "body": block, "more_body": bool(block)}

    status, _, body = asyncio.run(send_body(door, large))
    assert (status, b"10 MB" in body) == (413, True)
