"""Alarms and dashboard agree with the stack's resources and with what the code emits."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from typing import Any

import pytest
from plumbline.http.telemetry import Telemetry

from tests.support.operations import ALARMS, RESOURCES, STACK, TEMPLATE, emitted, suffix

# The metrics of AWS's that are used here, with their dimensions; from the services' own documentation.
KNOWN = {
    ("AWS/Lambda", ("FunctionName",)): {
        *("Errors", "Throttles", "Duration", "ConcurrentExecutions", "IteratorAge", "Invocations"),
    },
    ("AWS/ApiGateway", ("ApiId",)): {"4xx", "5xx", "Count", "Latency", "IntegrationLatency", "DataProcessed"},
    ("AWS/SQS", ("QueueName",)): {
        *("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "NumberOfMessagesDeleted"),
    },
    ("AWS/DynamoDB", ("TableName",)): {
        *("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"),
    },
    ("AWS/DynamoDB", ("TableName", "Operation")): {
        "SystemErrors",
        "SuccessfulRequestLatency",
        "ThrottledRequests",
    },
}


EMITTED = emitted()


def exists(namespace: str, metric: str, dimensions: tuple[str, ...]) -> bool:
    if namespace == "Plumbline":
        return EMITTED.get(metric) == dimensions
    return metric in KNOWN.get((namespace, dimensions), set())


# ---------------------------------------------------------------- alarms


def stats(alarm: dict[str, Any]) -> list[tuple[str, str, list[dict[str, Any]], str, int]]:
    """The metrics of an alarm: namespace, name, dimensions, statistic and period."""
    if "Metrics" not in alarm:
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        return [(alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"], statistic, alarm["Period"])]
    single = [one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one]
    return [
        (
            one["Metric"]["Namespace"],
            one["Metric"]["MetricName"],
            one["Metric"]["Dimensions"],
            one["Stat"],
            one["Period"],
        )
        for one in single
    ]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_a_metric_that_exists_and_says_what_to_do(name: str) -> None:
    alarm = ALARMS[name]
    for namespace, metric, dimensions, _, period in stats(alarm):
        assert exists(namespace, metric, tuple(one["Name"] for one in dimensions)), (namespace, metric)
        assert period % 60 == 0
        # CloudWatch looks back a day at the most.
        assert period * alarm["EvaluationPeriods"] <= 86400
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
    assert alarm["AlarmActions"] == alarm["OKActions"]
    assert len(alarm["AlarmDescription"]) <= 1024
    assert RESOURCES[name]["Condition"] == "Alarmed"


def test_an_alarm_on_several_metrics_returns_one_and_names_those_it_uses() -> None:
    for alarm in ALARMS.values():
        if "Metrics" in alarm:
            returned = [one for one in alarm["Metrics"] if one["ReturnData"] in (True, "true")]
            assert len(returned) == 1
            used = set(re.findall(r"\b[a-z]\w*\b", returned[0]["Expression"]))
            assert used == {one["Id"] for one in alarm["Metrics"] if "MetricStat" in one}


def test_every_function_queue_and_table_is_watched() -> None:
    watched: dict[str, set[str]] = {}
    for alarm in ALARMS.values():
        for _, metric, dimensions, _, _ in stats(alarm):
            (target,) = [json.dumps(one["Value"]) for one in dimensions]
            watched.setdefault(metric, set()).add(target)
    kinds: dict[str, list[str]] = {}
    for name, resource in RESOURCES.items():
        kinds.setdefault(resource["Type"], []).append(name)
    for function in kinds["AWS::Serverless::Function"]:
        for metric in ("Errors", "Throttles", "Duration"):
            assert json.dumps({"Ref": function}) in watched[metric], (function, metric)
        events = RESOURCES[function]["Properties"].get("Events", {}).values()
        if any(event["Type"] == "DynamoDB" for event in events):
            assert json.dumps({"Ref": function}) in watched["IteratorAge"], function
    for queue in kinds["AWS::SQS::Queue"]:
        metric = (
            "ApproximateNumberOfMessagesVisible" if "DeadLetters" in queue else "ApproximateAgeOfOldestMessage"
        )
        assert any(queue in target for target in watched[metric]), queue
    for table in ("InteractionsTable", "BaselinesTable", "ImportsTable"):
        assert json.dumps({"Ref": table}) in watched["ReadThrottleEvents"] & watched["WriteThrottleEvents"]
    assert {"5xx", "Latency", "ImportsStalled", "UnexpectedErrors", "RequestsRefused"} <= set(watched)


def test_durations_are_watched_below_the_functions_time_limit() -> None:
    for name, resource in RESOURCES.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        (threshold,) = [
            alarm["Threshold"]
            for alarm in ALARMS.values()
            if alarm.get("MetricName") == "Duration" and alarm["Dimensions"][0]["Value"] == {"Ref": name}
        ]
        assert 0.5 <= threshold / 1000 / resource["Properties"]["Timeout"] < 1, name


def test_alarms_have_names_of_their_own() -> None:
    assert Counter(map(suffix, ALARMS.values())).most_common(1)[0][1] == 1
    assert len(ALARMS) >= 25


def test_alarms_are_sent_to_the_topic_of_ours_and_to_the_one_that_is_given() -> None:
    assert next(iter(ALARMS.values()))["AlarmActions"] == [
        {"Fn::If": ["OwnTopic", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]},
        {"Fn::If": ["GivenTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]},
    ]
    assert RESOURCES["AlarmSubscription"]["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}
    allowed, denied = RESOURCES["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert denied["Effect"] == "Deny"


def test_nothing_that_costs_by_the_month_is_made_unasked() -> None:
    parameters = TEMPLATE["Parameters"]
    assert (parameters["AlarmEmail"]["Default"], parameters["AlarmTopicArn"]["Default"]) == ("", "")
    assert parameters["Dashboard"]["Default"] == "off"
    assert RESOURCES["OperationsDashboard"]["Condition"] == "Dashboarded"
    assert RESOURCES["AlarmTopic"]["Condition"] == "OwnTopic"
    assert TEMPLATE["Conditions"]["Dashboarded"] == {"Fn::Equals": [{"Ref": "Dashboard"}, "on"]}


@pytest.mark.parametrize("text", ["", "on.call@example.com", "a+b@x.y"])
def test_addresses_that_are_taken(text: str) -> None:
    assert re.fullmatch(TEMPLATE["Parameters"]["AlarmEmail"]["AllowedPattern"], text)


@pytest.mark.parametrize("text", ["nobody", "a b@c", "@", "a@"])
def test_addresses_that_are_refused(text: str) -> None:
    assert not re.fullmatch(TEMPLATE["Parameters"]["AlarmEmail"]["AllowedPattern"], text)


# ---------------------------------------------------------------- dashboard


def widgets() -> list[dict[str, Any]]:
    """The dashboard's, with what the stack would fill in left as names."""
    body = RESOURCES["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


def drawn() -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Every metric that the dashboard draws: its widget's title, namespace, name and dimensions."""
    found = []
    for widget in widgets():
        title = widget["properties"]["title"]
        for line in widget["properties"]["metrics"]:
            parts = [part for part in line if not isinstance(part, dict)]
            if parts:
                found.append((title, parts[0], parts[1], tuple(parts[2::2])))
            expression = line[-1].get("expression", "") if isinstance(line[-1], dict) else ""
            for schema, query in re.findall(r"SEARCH\('\{([^}]*)\}([^']*)'", expression):
                namespace, *dimensions = schema.split(",")
                (metric,) = re.findall(r'MetricName="(\w+)"', query)
                found.append((title, namespace, metric, tuple(dimensions)))
    return found


def test_the_dashboard_draws_only_what_exists() -> None:
    for title, namespace, metric, dimensions in drawn():
        assert exists(namespace, metric, dimensions), (title, namespace, metric, dimensions)


def test_the_dashboard_draws_everything_that_the_code_counts() -> None:
    assert {metric for _, namespace, metric, _ in drawn() if namespace == "Plumbline"} == set(EMITTED)


def test_the_dashboards_names_are_the_stacks() -> None:
    body = RESOURCES["OperationsDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    pseudo = {"AWS::Region", "AWS::StackName"}
    for name in set(re.findall(r"\$\{([^}]+)\}", body)) - pseudo:
        assert name.partition(".")[0] in {*RESOURCES, *TEMPLATE["Parameters"]}, name
    for line in (line for widget in widgets() for line in widget["properties"]["metrics"]):
        if line[0] == "Plumbline":
            assert line[2:4] == ["service", STACK]


def test_widgets_stand_side_by_side_and_expressions_use_what_is_there() -> None:
    places: set[tuple[int, int]] = set()
    for widget in widgets():
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not places & cells
        assert max(x for x, _ in cells) < 24
        places |= cells
        options = [line[-1] for line in widget["properties"]["metrics"] if isinstance(line[-1], dict)]
        ids = {one["id"] for one in options if "id" in one}
        for one in options:
            if "PERIOD" in one.get("expression", ""):
                assert set(re.findall(r"\b[a-z]\w*\b", one["expression"])) <= ids
    assert len({widget["properties"]["title"] for widget in widgets()}) == len(widgets()) >= 15


# ---------------------------------------------------------------- what is emitted


def test_metrics_have_the_dimensions_that_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the metrics with more dimensions than one, and one with that alone: emitted, and read back."""
    stack = secrets.token_hex(4)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", stack)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Plumbline")
    telemetry = Telemetry()
    # Powertools keeps what has not been written in the process: what other tests have counted goes first.
    telemetry.flush()
    capsys.readouterr()
    telemetry.alerts_raised({("outlier", "critical"): 2, ("threshold", "info"): 1})
    telemetry.redacted({"EMAIL": 3})
    telemetry.refused()
    telemetry.flush()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    seen = {}
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Plumbline"
        (dimensions,) = directive["Dimensions"]
        assert line["service"] == stack
        for metric in directive["Metrics"]:
            seen[metric["Name"]] = set(dimensions)
    assert seen == {name: set(EMITTED[name]) for name in ("AlertsRaised", "TextsRedacted", "RequestsRefused")}


def test_the_stacks_name_is_the_dimension() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Plumbline"
