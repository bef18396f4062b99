"""`make key`, `make keys` and `make revoke`: on the running local stack, or the deployed one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber
from plumbline.access import Key
from plumbline.storage.keys import KeyStore

from scripts.keys import first_key, keyfile, places
from scripts.keys.__main__ import main
from scripts.keys.times import expiry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def clients(moto_clients: Clients) -> Clients:
    return moto_clients


@pytest.fixture
def store(clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    made = KeyStore(clients.dynamodb, stack.keys)
    monkeypatch.setattr(places, "at", lambda endpoint, table: made)
    return made


@pytest.fixture
def state(tmp_path: Path, stack: Stack) -> Path:
    described = {"endpoint": "http://127.0.0.1:1", "KeysTable": stack.keys}
    (tmp_path / "ready.json").write_text(json.dumps(described), encoding="utf-8")
    return tmp_path


def run(state: Path, *arguments: str) -> None:
    assert main(["--state", str(state), *arguments]) == 0


def test_a_key_is_made_listed_and_revoked(
    store: KeyStore, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(state, "make", "--name", "importer", "--scopes", "ingest, read", "--expires", "90d")
    out, err = capsys.readouterr()
    key = Key.parse(out.removesuffix("\n"))
    assert key is not None  # alone on standard output
    assert "importer" in err
    assert key.secret not in err
    kept = store.get(key.id)
    assert kept is not None
    assert (kept.digest, sorted(kept.scopes)) == (key.digest, ["ingest", "read"])
    assert kept.expires_at is not None
    assert timedelta(days=89) < kept.expires_at - datetime.now(UTC) <= timedelta(days=90)

    run(state, "make", "--name", "for all", "--scopes", "admin")
    capsys.readouterr()
    run(state, "list")
    listed = capsys.readouterr().out
    head, *rows = listed.splitlines()
    assert head.split() == ["ID", "NAME", "SCOPES", "MADE", "LAST", "USED", "STATE"]
    assert sorted(row.split()[1] for row in rows) == ["for", "importer"]
    assert key.secret not in listed
    assert key.digest.hex() not in listed

    for named in (key.id, key.text):  # whoever has the key at hand need not take it apart
        run(state, "revoke", named)
        assert f"importer ({key.id})" in capsys.readouterr().out
    kept = store.get(key.id)
    assert kept is not None
    assert kept.revoked_at is not None
    run(state, "list")
    (row,) = [line for line in capsys.readouterr().out.splitlines() if key.id in line]
    assert "revoked" in row


def test_where_there_is_no_key_the_way_to_one_is_said(
    store: KeyStore, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(state, "list")
    assert capsys.readouterr().out == "There is no key yet. Make one: make key NAME=me SCOPES=ingest,read\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("make", "--name", " ", "--scopes", "read"), "NAME must be 1 to 100 visible characters"),
        (("make", "--name", "a\tb", "--scopes", "read"), "NAME must be"),
        (("make", "--name", "a", "--scopes", ","), "SCOPES must name at least one of ingest, read, admin"),
        (("make", "--name", "a", "--scopes", "write"), "not 'write'"),
        (("make", "--name", "a", "--scopes", "read", "--expires", "soon"), "EXPIRES must be a span like 12h"),
        (("make", "--name", "a", "--scopes", "read", "--expires", "2020-01-01"), "EXPIRES must be in the future"),
        (("revoke", "nonsense"), "There is no key of this id"),
        (("revoke", "aaaaaaaaaaaa"), "There is no key of this id"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    store: KeyStore, state: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--state", str(state), *arguments])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (1, "")
    assert said in err
    assert store.page(10) == ([], None)


def test_without_a_running_stack_it_is_said_what_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--state", str(tmp_path), "list"])
    assert "No local stack runs: start it with `make run`" in capsys.readouterr().err


class TestDeployed:
    @pytest.fixture
    def cloudformation(self, monkeypatch: pytest.MonkeyPatch, clients: Clients) -> Iterator[Stubber]:
        client: Any = boto3.client("cloudformation", region_name="eu-central-1")
        made = {"cloudformation": client, "dynamodb": clients.dynamodb}

        class Session:
            region_name = "eu-central-1"

            def __init__(self, region_name: str | None = None) -> None:
                assert region_name is None  # none is named in samconfig.toml

            def client(self, service: str, **_: Any) -> Any:
                return made[service]

        monkeypatch.setattr(boto3, "Session", Session)
        with Stubber(client) as stub:
            yield stub

    def describe(self, stub: Stubber, stack: str, outputs: dict[str, str]) -> None:
        listed = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
        described = {"StackName": stack, "CreationTime": NOW, "StackStatus": "UPDATE_COMPLETE", "Outputs": listed}
        stub.add_response("describe_stacks", {"Stacks": [described]}, {"StackName": stack})

    @pytest.mark.parametrize(("config", "name"), [("default", "plumbline"), ("prod", "plumbline-prod")])
    def test_the_table_is_that_of_the_sections_stack(
        self,
        cloudformation: Stubber,
        stack: Stack,
        clients: Clients,
        config: str,
        name: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        self.describe(cloudformation, name, {"KeysTable": stack.keys, "ApiUrl": "https://x"})
        assert main(["--config", config, "make", "--name", "a", "--scopes", "read"]) == 0
        key = Key.parse(capsys.readouterr().out.strip())
        assert key is not None
        assert KeyStore(clients.dynamodb, stack.keys).get(key.id) is not None

    def test_a_stack_of_before_is_to_be_deployed_first(
        self, cloudformation: Stubber, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.describe(cloudformation, "plumbline-prod", {"ApiUrl": "https://x"})
        with pytest.raises(SystemExit):
            main(["--config", "prod", "list"])
        assert "make deploy CONFIG=prod" in capsys.readouterr().err

    def test_a_stack_that_is_not_there_is_named(
        self, cloudformation: Stubber, capsys: pytest.CaptureFixture[str]
    ) -> None:
        cloudformation.add_client_error("describe_stacks", "ValidationError", "Stack plumbline does not exist")
        with pytest.raises(SystemExit):
            main(["--config", "default", "list"])
        assert "The stack plumbline cannot be looked at" in capsys.readouterr().err

    def test_missing_credentials_are_said(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def refuse(**_: Any) -> Any:
            raise NoCredentialsError

        monkeypatch.setattr(boto3, "Session", refuse)
        with pytest.raises(SystemExit):
            main(["--config", "default", "list"])
        assert "Are your AWS credentials, profile and region right?" in capsys.readouterr().err

    @pytest.mark.parametrize("config", ["local", "none"])
    def test_only_what_is_deployed_can_be_named(self, config: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(["--config", config, "list"])
        assert "name one of default, prod" in capsys.readouterr().err


class TestFirstRun:
    def welcome(self, state: Path) -> first_key.About:
        return first_key.welcome(1, {places.OUTPUT: "t"}, state)

    def test_the_first_makes_a_key_and_the_next_say_which_there_are(self, store: KeyStore, tmp_path: Path) -> None:
        first = self.welcome(tmp_path)
        text = keyfile.read(tmp_path)
        assert text is not None
        key = Key.parse(text)
        assert key is not None
        kept = store.get(key.id)
        assert kept is not None
        assert kept.scopes == {"ingest", "read", "admin"}
        assert text in first.said
        assert f"export PLUMBLINE_KEY={text}" in first.export
        assert first.header == '-H "authorization: Bearer $PLUMBLINE_KEY" '

        store.issue("importer", ["ingest"], NOW)
        store.issue("old", ["read"], NOW, NOW + timedelta(days=1))
        later = self.welcome(tmp_path)
        assert text not in later.said + later.export
        assert "importer, local" in later.said or "local, importer" in later.said
        assert "old" not in later.said
        assert first_key.ANOTHER in later.said
        assert f"export PLUMBLINE_KEY=$(cat {keyfile.path(tmp_path)})" in later.export
        assert keyfile.read(tmp_path) == text
        assert len(store.page(10)[0]) == 3

    def test_a_key_that_opens_nothing_any_more_is_not_offered(self, store: KeyStore, tmp_path: Path) -> None:
        self.welcome(tmp_path)
        key = Key.parse(keyfile.read(tmp_path) or "")
        assert key is not None
        store.revoke(key.id, NOW)
        later = self.welcome(tmp_path)
        assert "none that is good" in later.said
        assert "export PLUMBLINE_KEY=your-key" in later.export


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("12h", NOW + timedelta(hours=12)),
        (" 90d ", NOW + timedelta(days=90)),
        ("2w", NOW + timedelta(weeks=2)),
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T10:00:00+02:00", datetime(2027, 1, 31, 8, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_span_or_a_day(text: str, expected: datetime | None) -> None:
    assert expiry(text, NOW) == expected


@pytest.mark.parametrize("text", ["0d", "d", "-1d", "90", "1m", "99999999d", "2026-03-04", "31.01.2027"])
def test_an_end_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        expiry(text, NOW)
