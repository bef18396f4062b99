"""Keys by the API: made, listed, revoked, used, and never shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plumbline.access import Key

from tests.support.access import World
from tests.support.gateway import Gateway, services
from tests.support.tables import scan

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.gateway import Clock
    from tests.support.tables import Stack


@pytest.fixture
def world(clients: Clients, stack: Stack, clock: Clock) -> World:
    return World(clients, stack, clock)


def test_the_last_use_is_kept_coarsely(world: World) -> None:
    key = world.key("read")
    api = world.api(key)
    assert "last_used_at" not in world.item(key)
    for _ in range(3):
        assert api.get("/api/alerts").status == 200
        world.clock.pass_time(minutes=10)
    first, second = "2026-03-04T05:06:07.890123Z", "2026-03-04T06:06:07.890123Z"
    assert world.last_use(key, first) == first
    world.clock.pass_time(minutes=30)
    api.get("/api/alerts")
    assert world.last_use(key, second) == second


def test_a_late_note_of_a_use_does_not_replace_a_later_one_nor_bring_a_key_back(world: World) -> None:
    from datetime import timedelta

    from botocore.exceptions import ClientError

    key, hour = world.key("read"), timedelta(hours=1)
    now = world.clock()
    world.services.keys.used(key.id, now, hour)
    for moment in (now, now - timedelta(minutes=5), now + timedelta(minutes=59)):
        with pytest.raises(ClientError):
            world.services.keys.used(key.id, moment, hour)
    with pytest.raises(ClientError):
        world.services.keys.used(Key.new().id, now, hour)
    assert len(scan(world.clients, world.stack.keys)) == 1


class TestKeys:
    def test_a_key_is_shown_once_and_kept_as_a_hash(self, world: World) -> None:
        import hashlib

        admin = world.api(world.key("admin", name="first"))
        made = admin.post("/api/keys", {"name": "importer", "scopes": ["read", "ingest", "read"]})
        assert (made.status, made.headers["cache-control"]) == (200, "no-store")
        text = made.data.pop("key")
        assert made.data == {
            "id": text.split("_")[1],
            "name": "importer",
            "scopes": ["ingest", "read"],
            "created_at": "2026-03-04T05:06:07.890123Z",
            "expires_at": None,
            "revoked_at": None,
            "last_used_at": None,
        }
        assert world.api(text).get("/api/interactions").status == 200

        listed = admin.get("/api/keys")
        assert [one["name"] for one in listed.data] in (["importer", "first"], ["first", "importer"])
        digest = hashlib.sha256(text.encode()).digest()
        item = world.item(Key.parse(text) or Key.new())
        assert item["hash"] == {"B": digest}
        secret = text.split("_")[2]
        assert secret not in repr(item)
        shown = (
            listed.body + admin.get("/api/settings").body + admin.send("DELETE", f"/api/keys/{text[4:16]}").body
        )
        for hidden in (secret.encode(), digest.hex().encode(), b"hash"):
            assert hidden not in shown

    def test_all_keys_are_listed_a_page_at_a_time_newest_first(self, world: World) -> None:
        names = []
        for number in range(5):
            names.append(f"key {number}")
            world.key("read", name=names[-1])
            world.clock.pass_time(seconds=1)
        admin = world.api(world.key("admin", name="admin"))
        found, query = [], {"limit": 2}
        while True:
            page = admin.get("/api/keys", query)
            found += [one["name"] for one in page.data]
            if "next_cursor" not in page.json:
                break
            query["cursor"] = page.json["next_cursor"]
        assert found == ["admin", *reversed(names)]
        assert admin.get("/api/interactions", {"cursor": query["cursor"]}).status == 403
        assert admin.get("/api/keys", {"cursor": "x" * 40}).status == 400

    def test_revoking_is_idempotent_and_unknown_keys_are_told(self, world: World) -> None:
        key = world.key("read")
        admin = world.api(world.key("admin"))
        first = admin.send("DELETE", f"/api/keys/{key.id}")
        world.clock.pass_time(seconds=10)
        assert admin.send("DELETE", f"/api/keys/{key.id}").json == first.json
        assert first.data["revoked_at"] == "2026-03-04T05:06:07.890123Z"
        for unknown in (Key.new().id, "x", "%20", key.text, "a" * 3000):
            answer = admin.send("DELETE", f"/api/keys/{unknown}")
            assert (answer.status, answer.fields) == (404, ["path.id"])

    def test_the_last_admin_may_revoke_itself(self, world: World) -> None:
        key = world.key("admin")
        admin = world.api(key)
        assert admin.send("DELETE", f"/api/keys/{key.id}").status == 200
        world.clock.pass_time(seconds=30)
        assert admin.get("/api/keys").status == 401

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"name": ""}, "body.name"),
            ({"name": " a"}, "body.name"),
            ({"name": "a\nb"}, "body.name"),
            ({"name": "a" * 101}, "body.name"),
            ({"name": None}, "body.name"),
            ({"scopes": []}, "body.scopes"),
            ({"scopes": "read"}, "body.scopes"),
            ({"scopes": ["write"]}, "body.scopes[0]"),
            ({"scopes": ["read"] * 4}, "body.scopes"),
            ({"expires_at": "2026-03-04T05:06:07Z"}, "body.expires_at"),
            ({"expires_at": "tomorrow"}, "body.expires_at"),
            ({"key": "mine"}, "body.key"),
        ],
    )
    def test_what_is_wrong_with_a_wish_is_named(self, world: World, changed: dict[str, Any], field: str) -> None:
        admin = world.api(world.key("admin"))
        answer = admin.post("/api/keys", {"name": "n", "scopes": ["read"], **changed})
        assert answer.status == 422
        assert field in answer.fields[0]
        assert len(scan(world.clients, world.stack.keys)) == 1


def test_the_settings_that_hold_are_shown_without_secrets(world: World) -> None:
    settings = world.stack.settings(cursor_key="the cursors' own secret", alert_threshold=250.0)
    made = services(world.clients, settings, world.clock)
    answer = Gateway(made).get("/api/settings")
    assert (answer.status, answer.data["alert_threshold"], answer.data["authorization"]) == (200, 250, "keys")
    assert b"the cursors' own secret" not in answer.body
    assert Gateway(made).get("/api/settings", "all=1").status == 422


def test_no_key_nor_hash_is_logged(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    admin = world.key("admin")
    made = world.api(admin).post("/api/keys", {"name": "n", "scopes": ["read"]})
    new = Key.parse(made.data["key"])
    assert new is not None
    wrong = Key(new.id, Key.new().secret)
    for key in (new, wrong, Key.new()):
        api = world.api(key)
        api.get("/api/interactions", "cursor=x")
        api.get(f"/api/{key.text}")
        api.send("DELETE", f"/api/keys/{key.text}")
    written = capsys.readouterr()
    for key in (admin, new, wrong):
        for hidden in (key.text, key.secret, key.digest.hex(), repr(key.digest)):
            assert hidden not in written.out + written.err
