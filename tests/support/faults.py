"""Clients that fail on purpose: killed at a call, throttled, or every call sent twice."""

from __future__ import annotations

import itertools
import secrets
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.support.moto_state import MotoState, is_moto
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plumbline.storage.clients import Clients


class Killed(BaseException):
    """The process ends here: nothing catches this."""


class Faults:
    """Counts the calls to AWS and does to each what ``act`` says.

    ``act`` is handed the call's number (from 1), and the call. ``change`` may alter the call's arguments before.
    """

    def __init__(
        self,
        act: Callable[[int, Callable[[], Any]], Any],
        change: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda name, arguments: arguments,
    ) -> None:
        self._act = act
        self.change = change
        self._lock = threading.Lock()
        self.calls = 0

    def wrap(self, clients: Clients) -> Clients:
        return replace(
            clients,
            dynamodb=_Wrapped(clients.dynamodb, self),  # type: ignore[arg-type]
            s3=_Wrapped(clients.s3, self),  # type: ignore[arg-type]
            make_sqs=lambda: _Wrapped(clients.sqs, self),  # type: ignore[arg-type,return-value]
            make_probe=lambda: _Wrapped(clients.probe, self),  # type: ignore[arg-type,return-value]
        )

    def perform(self, call: Callable[[], Any]) -> Any:
        with self._lock:
            self.calls += 1
            number = self.calls
        return self._act(number, call)


class _Wrapped:
    def __init__(self, client: Any, faults: Faults) -> None:
        self._client = client
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name.startswith("generate_"):  # signs, and sends nothing
            return method

        def call(**arguments: Any) -> Any:
            if name == "transact_write_items":
                # botocore makes one for all attempts of a call.
                arguments.setdefault("ClientRequestToken", secrets.token_hex(8))
            changed = self._faults.change(name, arguments)
            return self._faults.perform(lambda: method(**_rewound(changed)))

        return call


def _rewound(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments to be sent again: botocore goes back to the start of a file before it does."""
    if hasattr(arguments.get("Body"), "seek"):
        arguments["Body"].seek(0)
    return arguments


def counting() -> Faults:
    return Faults(lambda number, call: call())


def killed_before(last: int) -> Faults:
    """The process ends before its call number ``last``: after the one before has been done."""

    def act(number: int, call: Callable[[], Any]) -> Any:
        if number >= last:
            raise Killed
        return call()

    return Faults(act)


def killed_after(last: int) -> Faults:
    """The process ends after its call number ``last``, before it sees the answer."""

    def act(number: int, call: Callable[[], Any]) -> Any:
        if number > last:
            raise Killed
        answer = call()
        if number == last:
            raise Killed
        return answer

    return Faults(act)


class Mortal:
    """A process that is killed once: when its call number ``last`` has been done, before it sees the answer.

    Nothing it calls after that happens, until ``revive()`` says that the next process has begun. ``done`` is
    called after each call that does.
    """

    def __init__(self, last: int | None = None, done: Callable[[], object] = lambda: None) -> None:
        self._last = last
        self._done = done
        self.dead = last == 0
        self.faults = Faults(self._act)

    def _act(self, number: int, call: Callable[[], Any]) -> Any:
        if self.dead:
            raise Killed
        answer = call()
        self._done()
        if number == self._last:
            self.dead = True
            raise Killed
        return answer

    def revive(self) -> None:
        self.dead = False


def left_by_kills(clients: Clients, act: Callable[[Clients, Stack], object]) -> Iterator[Stack]:
    """A new stack as ``act`` leaves it if it is killed before its first call, before its second, and so on.

    With moto it acts once, and the state before each call is kept.
    """
    if is_moto(clients):
        yield from _kept_before_calls(clients, act)
        return
    for last in itertools.count(1):
        stack = Stack.create(clients)
        try:
            act(killed_before(last).wrap(clients), stack)
        except Killed:
            yield stack
        else:
            return
        finally:
            stack.delete(clients)


def _kept_before_calls(clients: Clients, act: Callable[[Clients, Stack], object]) -> Iterator[Stack]:
    stack = Stack.create(clients)
    states: list[MotoState] = []
    lock = threading.Lock()

    def keep(_: int, call: Callable[[], Any]) -> Any:
        with lock:
            states.append(MotoState.of(clients))
            return call()

    act(Faults(keep).wrap(clients), stack)
    for state in states:
        state.put_back()
        yield stack
    stack.delete(clients)


def sent_twice() -> Faults:
    """Every call's first answer is lost, and the client sends it again."""

    def act(number: int, call: Callable[[], Any]) -> Any:
        call()
        return call()

    return Faults(act)


def in_turn(clients: Clients) -> Clients:
    """Clients of moto that call it one at a time; others as they are.

    Moto neither isolates transactions nor reads a table safely while another thread changes it.
    """
    if not is_moto(clients):
        return clients
    lock = threading.Lock()

    def act(_: int, call: Callable[[], Any]) -> Any:
        with lock:
            return call()

    return Faults(act).wrap(clients)


def error(code: str, status: int, **more: Any) -> ClientError:
    """What botocore raises for an answer with that code."""
    response: Any = {
        "Error": {"Code": code, "Message": "on purpose"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, "Operation")
