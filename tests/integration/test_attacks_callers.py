"""What somebody with no key, a guessed one, or one of another scope or caller gets: nothing, and no hint."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.access import SCOPES, Key
from plumbline.http import documentation

from tests.support.gateway import Clock, Gateway, services
from tests.support.keys import MemoryKeys, kept
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.http.services import Services
    from plumbline.storage.clients import Clients

KEYS = {scope: Key.new() for scope in SCOPES}
OTHER = Key.new()
# Whoever may do one thing may not do another; what is open is not in here.
NEEDED = {
    ("post", "/api/interactions"): "ingest",
    ("post", "/api/interactions/bulk"): "ingest",
    ("post", "/api/imports"): "ingest",
    ("get", "/api/interactions"): "read",
    ("get", "/api/interactions/{id}"): "read",
    ("delete", "/api/interactions/{id}"): "admin",
    ("get", "/api/imports"): "read",
    ("get", "/api/imports/{id}"): "read",
    ("post", "/api/imports/{id}/redrive"): "admin",
    ("get", "/api/alerts"): "read",
    ("get", "/api/metrics"): "read",
    ("get", "/api/metrics/{series}"): "read",
    ("get", "/api/keys"): "admin",
    ("post", "/api/keys"): "admin",
    ("delete", "/api/keys/{id}"): "admin",
    ("get", "/api/settings"): "admin",
}


@pytest.fixture
def stack(moto_clients: Clients) -> Iterator[Stack]:
    made = Stack.create(moto_clients)
    yield made
    made.delete(moto_clients)


@pytest.fixture
def keys() -> MemoryKeys:
    return MemoryKeys(kept(OTHER, "read"), *(kept(key, scope) for scope, key in KEYS.items()))


@pytest.fixture
def made(moto_clients: Clients, stack: Stack, keys: MemoryKeys) -> Services:
    made = services(moto_clients, stack.settings(), Clock())
    made.keys = keys  # type: ignore[assignment]
    return made


def caller(made: Services, key: Key | None) -> Gateway:
    return Gateway(made, None if key is None else key.text)


def test_every_address_is_known_here() -> None:
    paths = documentation.written()["paths"]
    described = {(method, path) for path, methods in paths.items() for method in methods}
    assert described - {("get", "/health")} == set(NEEDED)


@pytest.mark.parametrize(("method", "path"), NEEDED)
def test_a_key_of_one_scope_opens_nothing_of_another(made: Services, method: str, path: str) -> None:
    at = path.replace("{id}", "1").replace("{series}", "output.length")
    refusals = []
    for scope, key in KEYS.items():
        answer = caller(made, key).send(method.upper(), at, body=b"{}" if method == "post" else b"")
        assert (answer.status == 403) == (scope != NEEDED[method, path])
        refusals += [answer] if answer.status == 403 else []
    assert len(refusals) == 2
    # It says what is needed, to somebody who has a key; not whether there is such a thing.
    assert len({answer.body for answer in refusals}) == 1
    assert NEEDED[method, path] in refusals[0].message


def wrong_credentials() -> dict[str, dict[str, str]]:
    good = KEYS["admin"].text
    head, key_id, secret = good.split("_")
    last = "A" if secret[-1] != "A" else "B"
    texts = {
        "another's secret": f"{head}_{key_id}_{KEYS['read'].secret}",
        "one letter off": f"{head}_{key_id}_{secret[:-1]}{last}",
        "another case": f"{head}_{key_id}_{secret.swapcase()}",
        "an unknown id": f"{head}_{'A' * len(key_id)}_{secret}",
        "cut short": good[:-1],
        "too long": f"{good}A",
        "no secret": f"{head}_{key_id}_",
        "the id alone": key_id,
        "empty": "",
        "a bomb": "plk_" + "A" * 8000,
        "a wildcard": f"{head}_{key_id}_*",
        "the hash": KEYS["admin"].digest.hex(),
        "JSON": '{"$ne": null}',
    }
    bearer = {name: {"authorization": f"Bearer {text}"} for name, text in texts.items()}
    return bearer | {
        "basic": {"authorization": "Basic " + base64.b64encode(good.encode()).decode()},
        "two keys": {"authorization": f"Bearer {good}", "x-api-key": OTHER.text},
        "two in one": {"authorization": f"Bearer {good}, Bearer {OTHER.text}"},
        "the scheme twice": {"authorization": f"Bearer Bearer {good}"},
        "none of it": {"x-api-key": "\x00"},
    }


def test_wrong_credentials_all_get_the_same_answer(made: Services) -> None:
    answers = {
        name: caller(made, None).send("GET", "/api/settings", headers=headers)
        for name, headers in wrong_credentials().items()
    }
    assert {answer.status for answer in answers.values()} == {401}
    assert len({answer.body for answer in answers.values()}) == 1, "an answer hints at what was wrong"
    assert {answer.headers["www-authenticate"] for answer in answers.values()} == {"Bearer"}


def test_who_has_no_key_cannot_tell_what_there_is(made: Services) -> None:
    nobody = caller(made, None)
    asked = [
        "/api/interactions",
        "/api/interactions/1",
        "/api/nothing",
        "/api/keys",
        "/",
        "/api/imports/7/redrive",
    ]
    answers = [nobody.send(method, path) for path in asked for method in ("GET", "POST", "DELETE", "OPTIONS")]
    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1


def test_guesses_of_one_keys_secret_cost_one_read(made: Services, keys: MemoryKeys) -> None:
    nobody = caller(made, None)
    for _ in range(50):
        guess = f"plk_{KEYS['admin'].id}_{Key.new().secret}"
        assert nobody.get("/api/keys", authorization=f"Bearer {guess}").status == 401
    assert keys.asked == [KEYS["admin"].id]
    assert keys.notes == []


def test_what_cannot_be_a_key_costs_no_read(made: Services, keys: MemoryKeys) -> None:
    nobody = caller(made, None)
    for text in ("x", "plk_", "plk_a_b", "é" * 60, "plk_" + "A" * 12 + "_" + "A" * 42, "A" * 5000):
        assert nobody.get("/api/keys", authorization=f"Bearer {text}").status == 401
    assert keys.asked == []


# ------------------------------------------------------------ cursors


def first_cursor(api: Gateway, path: str = "/api/interactions", query: str = "limit=1") -> str:
    cursor: str = api.get(path, query).json["next_cursor"]
    return cursor


@pytest.fixture
def filled(made: Services) -> Services:
    for number in range(3):
        texts = {"input_text": f"q{number}", "output_text": "a" * 200}
        assert caller(made, KEYS["ingest"]).post("/api/interactions", texts).status == 200
    return made


def refused(api: Gateway, cursor: str, path: str = "/api/interactions", query: str = "limit=1") -> bool:
    answer = api.get(path, f"{query}&cursor={cursor}")
    return (answer.status, answer.fields) == (400, ["query.cursor"])


def test_a_cursor_is_good_for_its_caller_its_listing_and_its_filters(filled: Services) -> None:
    api = caller(filled, KEYS["read"])
    cursor = first_cursor(api)
    assert api.get("/api/interactions", f"limit=1&cursor={cursor}").status == 200
    assert refused(caller(filled, OTHER), cursor)
    assert refused(api, cursor, "/api/alerts")
    assert refused(api, cursor, "/api/imports")
    alerts = first_cursor(api, "/api/alerts", "limit=1&element=output")
    assert refused(api, alerts, "/api/alerts", "limit=1&element=input")
    assert refused(api, alerts, "/api/alerts", "limit=1")


def test_a_cursor_of_another_deployment_or_an_old_one_is_refused(
    filled: Services, moto_clients: Clients, stack: Stack, keys: MemoryKeys
) -> None:
    other = services(moto_clients, stack.settings(cursor_key="another stack"), Clock())
    other.keys = keys  # type: ignore[assignment]
    cursor = first_cursor(caller(filled, KEYS["read"]))
    assert refused(caller(other, KEYS["read"]), cursor)
    clock: Any = filled.clock
    clock.pass_time(hours=25)
    assert refused(caller(filled, KEYS["read"]), cursor)


def test_no_bit_of_a_cursor_can_be_changed(filled: Services) -> None:
    api = caller(filled, KEYS["read"])
    cursor = first_cursor(api)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for place in range(len(raw)):
        for bit in (0, 7):
            forged = bytearray(raw)
            forged[place] ^= 1 << bit
            assert refused(api, base64.urlsafe_b64encode(forged).rstrip(b"=").decode())
    for length in range(0, len(cursor), 5):
        assert refused(api, cursor[:length])


@pytest.mark.parametrize(
    "position", ["", "2026-01-01T00:00:00.000000Z#1", json.dumps({"id": 1}), "' OR 1=1 --", "\x00", "#" * 300]
)
def test_a_cursor_that_somebody_made_up_is_refused(filled: Services, position: str) -> None:
    made_up = base64.urlsafe_b64encode(bytes(21) + position.encode()).rstrip(b"=").decode()
    assert refused(caller(filled, KEYS["read"]), made_up)
