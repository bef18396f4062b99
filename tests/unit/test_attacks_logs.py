"""Whatever is in a request, the log stays one JSON object a line, with no text, no key and no forged line."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.empty import empty_services
from tests.support.gateway import Gateway, form, part
from tests.support.keys import MASTER

if TYPE_CHECKING:
    from plumbline.http.services import Services

MARK = "INJECTED"
HOSTILE = [
    f'\n{{"level":"ERROR","message":"{MARK}"}}\n',
    f'"}}\n{{"message":"{MARK}"}}',
    f"\r\n{MARK}",
    f"\x1b[2K\x1b[1A{MARK}",
    f"\u2028{MARK}\u2029{MARK}\x85{MARK}",
    f"%0a{MARK}",
    f"\x00{MARK}\x07",
    f"${{jndi:ldap://{MARK}}}",
    f"<script>{MARK}</script>",
    MARK * 500,
]


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    return empty_services()


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return [json.loads(line) for line in captured.out.split("\n") if line]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("key", [MASTER.text, None], ids=["with a key", "without"])
def test_nothing_of_a_request_is_in_the_log(
    services: Services, capsys: pytest.CaptureFixture[str], text: str, key: str | None
) -> None:
    api = Gateway(services, key)
    sent = {"user-agent": text, "x-forwarded-for": text, "host": text, "referer": text, text: text}
    body = {"input_text": text, "output_text": text, "metadata": {text: text}, text: text}
    file = form(part("file", b"Input,Output\nq,a\n", text.replace("\r\n", " ").replace('"', "'")))
    multipart = {"content-type": f"multipart/form-data; boundary=XXXX; {text}"}
    answers = [
        api.send("GET", f"/api/interactions/{text}", headers=sent),
        api.send("GET", f"/{text}", query=text, headers=sent),
        api.get("/api/alerts", {"cursor": text, "metric": text, text: text}),
        api.get(f"/api/metrics/{text}"),
        api.post("/api/interactions", body, idempotency_key=text),
        api.post("/api/imports", {"filename": f"{text}.csv"}),
        api.send("POST", "/api/interactions/bulk", headers=multipart, body=file),
        api.send("GET", "/api/interactions", headers={"authorization": f"Bearer {text}", "x-api-key": text}),
    ]
    lines = logged(capsys)
    requests = [line for line in lines if line.get("message") == "request answered"]
    assert len(requests) == len(answers)
    assert MARK not in json.dumps(lines)
    assert MASTER.text not in json.dumps(lines)
    assert MASTER.secret not in json.dumps(lines)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_method_that_somebody_made_up_is_not_logged(
    services: Services, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    Gateway(services).send(text, "/api/interactions")
    lines = logged(capsys)
    assert [line["message"] for line in lines] == ["request answered"]
    assert lines[0]["method"] == "other"


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_an_error_that_quotes_a_text_is_logged_without_it(
    services: Services, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    class Broken:
        def record(self, *_: Any) -> None:
            raise RuntimeError(text)

    services.recorder = Broken()  # type: ignore[assignment]
    text = text.replace("\0", "")
    answer = Gateway(services).post("/api/interactions", {"input_text": text, "output_text": text})
    assert answer.status == 500
    assert MARK.encode() not in answer.body
    lines = logged(capsys)
    assert {"unexpected error", "request answered"} <= {line.get("message") for line in lines}
    assert MARK not in json.dumps(lines)
