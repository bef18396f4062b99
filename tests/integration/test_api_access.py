"""Who gets in, and where to: every route with every scope, and all that is wrong with a key."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.access import SCOPES, Key
from plumbline.http.guard import is_open
from plumbline.http.routes.settings import settings_view
from plumbline.settings import Settings

from tests.support.access import CLOSED, JSON, ROUTES, World, call
from tests.support.gateway import Gateway, services
from tests.support.tables import scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.access import Scope
    from plumbline.storage.clients import Clients

    from tests.support.gateway import Clock
    from tests.support.tables import Stack


def test_every_route_that_is_not_open_says_which_scope_it_needs() -> None:
    assert [route for route in CLOSED if route[2] not in SCOPES] == []
    assert {path for _, path, _ in ROUTES if is_open(path)} == {
        "/health",
        "/docs",
        "/docs/{asset}",
        "/openapi.json",
    }
    assert {scope for _, _, scope in CLOSED} == set(SCOPES)


@pytest.fixture
def world(clients: Clients, stack: Stack, clock: Clock) -> World:
    return World(clients, stack, clock)


@pytest.mark.parametrize("held", SCOPES)
def test_a_key_opens_the_routes_of_its_scope_and_no_other(world: World, held: Scope) -> None:
    api = world.api(world.key(held))
    for method, path, needed in CLOSED:
        answer = call(api, method, path)
        if held == needed:
            assert answer.status not in {401, 403, 500}, (method, path)
        else:
            assert answer.status == 403, (method, path)
            assert answer.json == {
                "success": False,
                "data": [],
                "message": f"This address needs the scope {needed}, which the caller does not have.",
            }


def broken(world: World) -> dict[str, str]:
    """Headers that open nothing, by what is wrong with them."""
    good, ended, revoked = world.key("read"), world.key("read", expires_at=world.clock()), world.key("read")
    world.services.keys.revoke(revoked.id, world.clock())
    return {
        "unknown": f"Bearer {Key.new().text}",
        "wrong secret": f"Bearer {Key(good.id, Key.new().secret).text}",
        "expired": f"Bearer {ended.text}",
        "revoked": f"Bearer {revoked.text}",
        "another scheme": f"Basic {good.text}",
        "cut off": f"Bearer {good.text[:-1]}",
        "twice": f"Bearer {good.text}, Bearer {good.text}",
        "nonsense": "Bearer x",
        "empty": "",
    }


def test_nobody_gets_in_without_a_key_that_is_good_and_nobody_learns_why(world: World) -> None:
    headers = broken(world)
    api = world.api(None)
    said = {call(api, "GET", "/api/interactions", {"authorization": one}).body for one in headers.values()}
    assert len(said) == 1
    for method, path, _ in CLOSED:
        for wrong in ({"authorization": headers["revoked"]}, {"x-api-key": headers["unknown"][7:]}, {}):
            answer = call(api, method, path, wrong)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), (method, path)
            assert answer.fields == ["header.authorization"]
            assert (answer.body in said) == bool(wrong), (method, path)
    assert scan(world.clients, world.stack.interactions) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/api/nothing"),
        ("POST", "/nothing"),
        ("DELETE", "/api/interactions"),
        ("OPTIONS", "/api/alerts"),
        ("HEAD", "/api/alerts"),
        ("GET", "/api/interactions/"),
        ("GET", "//api/interactions"),
        ("GET", "/health/../api/interactions"),
        ("GET", "/API/interactions"),
        ("GET", "/docsx"),
        ("GET", "/Health"),
        ("GET", "/health/"),
        ("GET", "/openapi.json/"),
    ],
)
def test_not_even_what_there_is_is_told_without_a_key(world: World, method: str, path: str) -> None:
    assert world.api(None).send(method, path).status == 401
    assert world.api(world.key("read")).send(method, path).status in {200, 404, 405}


def test_the_key_is_looked_at_before_anything_else_of_a_request(world: World) -> None:
    api = world.api(None)
    for path, kind, body in (
        ("/api/interactions", "application/json", b"{" * 100_000),
        ("/api/interactions", "application/xml", b"<"),
        ("/api/interactions/bulk", "multipart/form-data", b"--"),
    ):
        assert api.send("POST", path, headers={"content-type": kind}, body=body).status == 401
    assert api.get("/api/alerts", "limit=0&limit=x&unknown=1").status == 401
    # And the scope before the body.
    reader = world.api(world.key("read"))
    assert reader.send("POST", "/api/interactions", headers=JSON, body=b"{").status == 403
    assert reader.send("POST", "/api/keys", headers=JSON, body=b"{").status == 403


def test_health_and_documentation_are_for_everybody(world: World) -> None:
    for headers in ({}, {"authorization": "Bearer x"}, {"x-api-key": "x"}):
        for path in ("/health", "/docs", "/docs/start.js", "/openapi.json"):
            assert world.api(None).send("GET", path, headers=headers).status == 200


@pytest.mark.parametrize("header", ["authorization", "Authorization", "x-api-key", "X-Api-Key"])
def test_either_header_will_do_however_it_is_written(world: World, header: str) -> None:
    key = world.key("read").text
    sent = key if "api" in header.lower() else f"bEaReR {key}"
    assert world.api(None).send("GET", "/api/interactions", headers={header: sent}).status == 200


def test_a_revoked_key_opens_nothing_within_a_minute(world: World) -> None:
    admin, reader = world.api(world.key("admin")), world.key("read")
    other_process = Gateway(services(world.clients, world.stack.settings(), world.clock), reader.text)
    assert other_process.get("/api/interactions").status == 200
    revoked = admin.send("DELETE", f"/api/keys/{reader.id}")
    assert (revoked.status, revoked.data["id"]) == (200, reader.id)
    assert world.api(reader).get("/api/interactions").status == 401  # which had not seen it before
    world.clock.pass_time(seconds=59)
    assert other_process.get("/api/interactions").status == 401


def test_a_key_ends_when_it_was_said_to(world: World) -> None:
    admin = world.api(world.key("admin"))
    until = "2026-03-04T06:00:00Z"
    made = admin.post("/api/keys", {"name": "short", "scopes": ["read"], "expires_at": until})
    assert made.data["expires_at"] == "2026-03-04T06:00:00.000000Z"
    api = world.api(made.data["key"])
    assert api.get("/api/alerts").status == 200
    world.clock.pass_time(hours=1)
    assert api.get("/api/alerts").status == 401


def test_whether_a_setting_is_shown_was_decided_for_each(world: World) -> None:
    hidden = {"cursor_key", "baseline_updates"}
    hidden |= {f"{name}_table" for name in ("interactions", "baselines", "imports", "keys")}
    hidden |= {"import_queue_url", "plan_queue_url"}
    shown = {name.removeprefix("outlier_") for name in settings_view(world.services.settings)}
    assert shown | hidden == {field.name for field in fields(Settings)}
    assert not shown & hidden


def test_without_storage_nobody_gets_in_and_all_are_asked_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ConnectTimeoutError

    key = world.key("read", "admin", "ingest")
    table = world.clients.dynamodb

    def fail(**_: Any) -> Any:
        raise ConnectTimeoutError(endpoint_url="https://dynamodb")

    monkeypatch.setattr(world.services.keys, "_dynamodb", _Failing(fail))
    for method, path, _ in CLOSED:
        answer = call(world.api(key), method, path)
        assert (answer.status, answer.headers["retry-after"]) == (503, "2"), (method, path)
    monkeypatch.setattr(world.services.keys, "_dynamodb", table)
    assert world.api(key).get("/api/alerts").status == 200


class _Failing:
    def __init__(self, fail: Any) -> None:
        self._fail = fail

    def __getattr__(self, name: str) -> Any:
        return self._fail


class TestGateway:
    """Where the gateway authorises: what it leaves in the event is all that counts."""

    @pytest.fixture
    def open_gateway(self, world: World) -> Callable[..., Gateway]:
        def make(authorization: str, authorizer: dict[str, Any] | None, key: str | None = None) -> Gateway:
            settings = world.stack.settings(authorization=authorization)
            return Gateway(services(world.clients, settings, world.clock), key, authorizer)

        return make

    @pytest.mark.parametrize("held", SCOPES)
    def test_a_tokens_scopes_open_their_routes(self, open_gateway: Any, held: Scope) -> None:
        api = open_gateway("jwt", {"jwt": {"claims": {"scope": f"openid plumbline/{held}"}, "scopes": None}})
        for method, path, needed in CLOSED:
            status = call(api, method, path).status
            assert (status == 403) == (held != needed), (method, path)
            assert status not in {401, 500}

    def test_a_token_without_scopes_opens_nothing(self, open_gateway: Any) -> None:
        api = open_gateway("jwt", {"jwt": {"claims": {"sub": "somebody"}, "scopes": None}})
        assert {call(api, method, path).status for method, path, _ in CLOSED} == {403}

    def test_with_iam_the_policies_have_decided(self, open_gateway: Any) -> None:
        api = open_gateway("iam", {"iam": {"userArn": "arn:aws:iam::000000000000:user/a"}})
        assert not {call(api, method, path).status for method, path, _ in CLOSED} & {401, 403, 500}

    @pytest.mark.parametrize("authorization", ["jwt", "iam"])
    @pytest.mark.parametrize("authorizer", [None, {}, {"lambda": {"scope": "admin"}}])
    def test_without_the_gateways_authoriser_nobody_gets_in_not_even_with_a_key(
        self, world: World, open_gateway: Any, authorization: str, authorizer: dict[str, Any] | None
    ) -> None:
        api = open_gateway(authorization, authorizer, world.key(*SCOPES).text)
        for method, path, _ in CLOSED:
            assert call(api, method, path).status == 401, (method, path)
        assert api.get("/health").status == 200

    def test_a_caller_cannot_claim_what_only_the_gateway_says(self, open_gateway: Any) -> None:
        claims = json.dumps({"jwt": {"claims": {"scope": "admin"}}})
        forged = {"authorizer": claims, "x-amzn-authorizer": claims, "plumbline.granted": "admin"}
        assert open_gateway("jwt", None).send("GET", "/api/keys", headers=forged).status == 401

    def test_an_open_api_needs_nothing(self, open_gateway: Any) -> None:
        api = open_gateway("none", None)
        assert not {call(api, method, path).status for method, path, _ in CLOSED} & {401, 403, 500}
