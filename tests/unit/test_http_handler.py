"""A function as Lambda meets it: its start, its logs, its metrics."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.errors import SettingsError
from plumbline.http.services import Services
from plumbline.models import Finding, Interaction
from plumbline.recording import Recorded

from tests.support.gateway import Clock, Gateway, event

if TYPE_CHECKING:
    from plumbline.models import NewInteraction

ROOT = Path(__file__).parents[2]
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
FINDINGS = (
    Finding(9, "threshold", "output", "length", 120.0, "above", 100.0),
    Finding(10, "outlier", "output", "length", 120.0, "above", 90.0),
    Finding(1, "threshold", "input", "length", 130.0, "above", 100.0),
)


class FakeRecorder:
    def record(self, new: NewInteraction, idempotency: Any = None) -> Recorded:
        kept = Interaction(1, new.input, new.output, new.created_at, {"output.length": 120.0}, FINDINGS)
        return Recorded(kept, replayed=idempotency is not None)


@pytest.fixture
def own_service(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    # Powertools' loggers write for ever to the standard output of their first use, and these tests have their own.
    name = request.node.name
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", name)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Space")
    return str(name)


@pytest.fixture
def services(own_service: str) -> Services:
    made = Services(clock=Clock())
    made.recorder = FakeRecorder()  # type: ignore[assignment]
    return made


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_request_is_logged_once_with_the_gateways_id_and_without_a_word_of_it(
    services: Services, capsys: pytest.CaptureFixture[str], own_service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    api = Gateway(services)
    api.post("/api/interactions", {"input_text": "secret one", "output_text": "secret two"})
    api.get("/api/interactions/secret", "cursor=secret")
    api.get("/secret")
    api.post("/api/interactions", {"input_text": "secret", "secret": ["secret"]}, idempotency_key="secret key")
    written = capsys.readouterr()
    assert "secret" not in written.out + written.err
    logged = [json.loads(line) for line in written.out.splitlines() if '"level"' in line]
    assert [(one["method"], one["route"], one["status"]) for one in logged] == [
        ("POST", "/api/interactions", 200),
        ("GET", "/api/interactions/{id}", 422),
        ("GET", "none", 404),
        ("POST", "/api/interactions", 422),
    ]
    assert {one["correlation_id"] for one in logged} == {"JKJaXmPLvHcESHA="}
    assert {one["service"] for one in logged} == {own_service}
    assert all(one["duration_ms"] >= 0 for one in logged)


def test_interactions_and_alerts_by_type_and_severity_are_counted(
    services: Services, capsys: pytest.CaptureFixture[str], own_service: str
) -> None:
    Gateway(services).post("/api/interactions", {"input_text": "", "output_text": ""})
    counted = {}
    for line in lines(capsys):
        if "_aws" in line:
            (metrics,) = line["_aws"]["CloudWatchMetrics"]
            assert metrics["Namespace"] == "Space"
            (dimensions,) = metrics["Dimensions"]
            for metric in metrics["Metrics"]:
                assert metric["Unit"] == "Count"
                names = tuple(line[name] for name in sorted(dimensions))
                counted[(metric["Name"], *names)] = line[metric["Name"]]
    assert counted == {
        ("InteractionsRecorded", own_service): [1.0],
        ("AlertsRaised", "threshold", own_service, "warning"): [2.0],
        ("AlertsRaised", "outlier", own_service, "warning"): [1.0],
    }


def test_a_replay_is_not_counted_again(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"input_text": "", "output_text": ""}
    answer = Gateway(services).post("/api/interactions", body, idempotency_key="k")
    assert answer.headers["idempotent-replayed"] == "true"
    assert not [line for line in lines(capsys) if "_aws" in line]


@pytest.mark.parametrize("host", ["[::1]:8000", "a:b:c", "x:y", ""])
def test_a_strange_host_is_no_reason_to_fail(services: Services, host: str) -> None:
    answer = Gateway(services).get("/openapi.json", Host=host, **{"X-Forwarded-Port": "none"})
    assert answer.status == 200


def test_what_is_wrong_with_the_settings_is_not_told_to_callers(
    own_service: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALERT_THRESHOLD", "many")
    with pytest.raises(SettingsError):
        _ = Services().settings
    answer = Gateway(Services()).get("/api/interactions", "cursor=x")
    assert answer.status == 500
    assert "ALERT_THRESHOLD" not in answer.message
    (logged,) = [line for line in lines(capsys) if line.get("message") == "unexpected error"]
    assert logged["error"] == "plumbline.errors.SettingsError"
    assert logged["problem"] == "ALERT_THRESHOLD must be a number of at least 0, not 'many'"


SETUP = """
import json, os, sys
sys.path[:0] = [{package!r}, {function!r}]
import app
"""


def run(function: str, then: str, **env: str) -> str:
    """Import a function's module in a process of its own, and do something with it."""
    code = SETUP.format(package=str(ROOT / "layers" / "plumbline"), function=str(ROOT / "functions" / function))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POWERTOOLS_"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code + then],
        env={**kept, "AWS_DEFAULT_REGION": "eu-central-1", "AWS_EC2_METADATA_DISABLED": "true", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("function", ["interactions", "alerts"])
class TestStart:
    def test_outside_of_lambda_importing_makes_nothing(self, function: str) -> None:
        then = "print([name for name in vars(app.handler._services) if not name.startswith('_')])"
        assert run(function, then, ALERT_THRESHOLD="not read") == "['clock']\n"

    def test_in_lambda_the_start_makes_what_the_first_request_needs(self, function: str) -> None:
        then = """
import gc
print(sorted(name for name in vars(app.handler._services) if not name.startswith('_')))
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
print([name for name in ('aws_xray_sdk', 'email_validator', 'jinja2', 'multiprocessing') if name in sys.modules])
"""
        made, collector, spared = run(function, then, AWS_LAMBDA_FUNCTION_NAME="f").splitlines()
        assert "'clients'" in made
        assert "'telemetry'" in made
        assert collector == "True True"
        assert "aws_xray_sdk" not in spared
        assert "email_validator" not in spared
        assert "jinja2" not in spared

    def test_a_wrong_setting_is_logged_at_the_start(self, function: str) -> None:
        out = run(function, "", AWS_LAMBDA_FUNCTION_NAME="f", ALERT_RULES="words > 5; length > many")
        logged = [json.loads(line) for line in out.splitlines()]
        assert [line["message"] for line in logged] == ["unexpected error"]
        assert logged[0]["problem"].startswith("ALERT_RULES: the rule 'length > many' cannot be used: after >")

    def test_tracing_loads_its_library_only_when_it_is_on(self, function: str) -> None:
        then = "print('aws_xray_sdk' in sys.modules)"
        for disabled, loaded in (("true", "False\n"), ("false", "True\n")):
            out = run(function, then, AWS_LAMBDA_FUNCTION_NAME="f", POWERTOOLS_TRACE_DISABLED=disabled)
            assert out == loaded

    @pytest.mark.parametrize(
        ("env", "status"),
        [
            # What is wrong is said in the log of each request, where an operator looks for it; nobody gets in.
            ({"ALERT_THRESHOLD": "many"}, 500),
            (
                {
                    "POWERTOOLS_TRACE_DISABLED": "false",
                    "LAMBDA_TASK_ROOT": "/var/task",
                    "_X_AMZN_TRACE_ID": TRACE,
                },
                401,
            ),
        ],
        ids=["wrong setting", "traced"],
    )
    def test_it_answers(self, function: str, env: dict[str, str], status: int) -> None:
        given = event("GET", "/nothing", "", {}, b"")
        then = f"""
class Context:
    function_name = invoked_function_arn = aws_request_id = "x"
    memory_limit_in_mb = 512
print(app.handler(json.loads({json.dumps(given)!r}), Context())["statusCode"])
"""
        assert run(function, then, AWS_LAMBDA_FUNCTION_NAME="f", **env).endswith(f"{status}\n")
