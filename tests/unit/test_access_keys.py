"""Keys and scopes: how they look, what opens, and that nothing tells why something does not."""

from __future__ import annotations

import hashlib
import hmac
import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.access import SCOPES, Key, StoredKey, granted_by_gateway, opens, presented_key, read_scopes
from plumbline.access.scopes import claimed_scopes
from plumbline.errors import Unauthorized

from tests.support.gateway import NOW
from tests.support.keys import kept

if TYPE_CHECKING:
    from collections.abc import Callable

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
IDS, SECRETS = (st.text(LETTERS, min_size=length, max_size=length) for length in (12, 43))


@given(IDS, SECRETS)
def test_a_key_is_read_as_it_was_written(key_id: str, secret: str) -> None:
    key = Key(key_id, secret)
    assert Key.parse(key.text) == key
    assert key.text == f"plk_{key_id}_{secret}"
    assert key.digest == hashlib.sha256(key.text.encode()).digest()


@given(st.text(max_size=70) | st.from_regex(r"plk_[\w-]{10,14}_[\w-]{40,46}\n?"))
def test_nothing_else_is_read_as_a_key(text: str) -> None:
    found = Key.parse(text)
    assert found is None or found.text == text


@given(IDS, SECRETS, st.integers(0, 59), st.sampled_from("_- é\n.B"))
def test_a_key_with_one_character_changed_is_no_key_or_another(
    key_id: str, secret: str, place: int, char: str
) -> None:
    text = Key(key_id, secret).text
    changed = Key.parse(text[:place] + char + text[place + 1 :])
    if changed is not None and changed.text != text:
        assert not opens(changed, kept(Key(key_id, secret), "read"), NOW)


def test_keys_are_random_and_long_enough() -> None:
    made = [Key.new() for _ in range(200)]
    assert len({key.id for key in made}) == len({key.secret for key in made}) == 200
    assert {len(key.secret) for key in made} == {43}
    used = {char for key in made for char in key.secret}
    assert used == set(LETTERS)
    assert 43 * math.log2(len(used)) >= 256


def test_a_secret_is_not_shown_where_a_key_is_printed() -> None:
    key = Key.new()
    stored = kept(key, "read")
    for shown in (repr(key), str(key), repr(stored), f"{stored}"):
        assert key.secret not in shown
        assert key.digest.hex() not in shown
        assert repr(key.digest) not in shown


def variants() -> dict[str, tuple[Callable[[Key], StoredKey | None], bool]]:
    ended: dict[str, Any] = {"expires_at": NOW, "revoked_at": NOW - timedelta(days=1)}

    def stored(key: Key, **times: Any) -> StoredKey:
        return StoredKey(key.id, key.digest, "n", frozenset(SCOPES), NOW, **times)

    return {
        "good": (stored, True),
        "good until later": (lambda key: stored(key, expires_at=NOW + timedelta(microseconds=1)), True),
        "unknown": (lambda key: None, False),
        "wrong secret": (lambda key: stored(Key(key.id, Key.new().secret)), False),
        "expired": (lambda key: stored(key, expires_at=ended["expires_at"]), False),
        "revoked": (lambda key: stored(key, revoked_at=ended["revoked_at"]), False),
        "revoked and expired": (lambda key: stored(key, **ended), False),
        "listed, without its hash": (
            lambda key: StoredKey(key.id, b"", "n", frozenset(SCOPES), NOW),
            False,
        ),
    }


@pytest.mark.parametrize("variant", variants())
def test_every_key_takes_the_same_path_to_its_answer(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash and one comparison in constant time, whatever is wrong; counted, as a clock would not be sure."""
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    key = Key.new()
    make, good = variants()[variant]
    assert opens(key, make(key), NOW) is good
    ((mine, _),) = compared
    assert mine == key.digest


GOOD = Key.new()


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        ([f"Bearer {GOOD.text}"], []),
        ([f"bearer {GOOD.text}"], []),
        ([f"BEARER   {GOOD.text} "], []),
        ([], [GOOD.text]),
        ([], [f" {GOOD.text} "]),
        ([f"Bearer {GOOD.text}"], [GOOD.text]),
    ],
)
def test_a_key_comes_in_either_header_or_in_both(authorization: list[str], api_key: list[str]) -> None:
    assert presented_key(authorization, api_key) == GOOD


WRONG = [
    ([""], []),
    ([GOOD.text], []),
    (["Bearer"], []),
    ([f"Basic {GOOD.text}"], []),
    ([f"Bearer {GOOD.text}x"], []),
    ([f"Bearer {GOOD.text},Bearer {GOOD.text}"], []),
    ([f"Bearer {GOOD.text}", f"Bearer {Key.new().text}"], []),
    ([], [""]),
    ([], [f"Bearer {GOOD.text}"]),
    ([], [GOOD.text, Key.new().text]),
    ([f"Bearer {GOOD.text}"], [Key.new().text]),
    ([f"Bearer {GOOD.text}"], [""]),
    (["Basic YTpi"], [GOOD.text]),
    (["Bearer ключ"], []),
]


@pytest.mark.parametrize(("authorization", "api_key"), WRONG)
def test_all_that_is_wrong_is_refused_in_the_same_words(authorization: list[str], api_key: list[str]) -> None:
    with pytest.raises(Unauthorized) as refused:
        presented_key(authorization, api_key)
    with pytest.raises(Unauthorized) as other:
        presented_key(["Bearer nonsense"], [])
    assert (refused.value.message, refused.value.problems) == (other.value.message, other.value.problems)


def test_who_brings_none_is_told_how_to() -> None:
    with pytest.raises(Unauthorized, match="Authorization: Bearer <key>, or x-api-key: <key>"):
        presented_key([], [])


def test_scopes_are_read_whole_or_not_at_all() -> None:
    assert read_scopes(["read", "ingest", "read"]) == {"read", "ingest"}
    for names, wrong in (
        ([], "ingest, read, admin"),
        (["read", "write"], "not 'write'"),
        (["Read"], "not 'Read'"),
    ):
        with pytest.raises(ValueError, match=wrong):
            read_scopes(names)


@pytest.mark.parametrize(
    ("claim", "scopes"),
    [
        ("ingest", {"ingest"}),
        ("plumbline/ingest plumbline:read", {"ingest", "read"}),
        ("openid profile plumbline/admin", {"admin"}),
        ("[read ingest]", {"read", "ingest"}),
        ("read,admin", {"read", "admin"}),
        ("other/read READ plumbline plumbline/ plumbline/plumbline/read readme", set()),
        ("", set()),
    ],
)
def test_scopes_of_a_token_are_picked_out_of_its_claim(claim: str, scopes: set[str]) -> None:
    assert claimed_scopes(claim) == scopes


def by_jwt(**claims: Any) -> dict[str, Any]:
    return {"requestContext": {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}}


def test_what_the_gateway_found_is_what_a_caller_may_do() -> None:
    assert granted_by_gateway("jwt", by_jwt(scope="plumbline/read", sub="u")) == {"read"}
    assert granted_by_gateway("jwt", by_jwt(scp="[ingest admin]")) == {"ingest", "admin"}
    assert granted_by_gateway("jwt", by_jwt(sub="u")) == set()
    assert granted_by_gateway("iam", {"requestContext": {"authorizer": {"iam": {"userArn": "a"}}}}) == set(SCOPES)


NOTHING_LEFT: list[dict[str, Any]] = [
    {},
    {"requestContext": {}},
    {"requestContext": None},
    {"requestContext": {"authorizer": None}},
    {"requestContext": {"authorizer": {}}},
    {"requestContext": {"authorizer": {"lambda": {"scope": "admin"}}}},
    {"requestContext": {"authorizer": {"jwt": None, "iam": "yes"}}},
    {"headers": {"authorizer": "iam"}},
]


@pytest.mark.parametrize("event", NOTHING_LEFT)
def test_without_a_trace_of_the_gateways_authoriser_nobody_gets_in(event: dict[str, Any]) -> None:
    for authorizer in ("jwt", "iam"):
        with pytest.raises(Unauthorized):
            granted_by_gateway(authorizer, event)
    # And the one does not stand for the other.
    with pytest.raises(Unauthorized):
        granted_by_gateway("iam", by_jwt(scope="admin"))
