"""What ``template.yaml`` must hold whatever else changes in it, checked on the template that SAM makes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import as_list, deployed, of_type, source, statements, transformed

ROOT = Path(__file__).parents[2]
TEMPLATE = source()
FUNCTIONS = (
    "InteractionsFunction",
    "AlertsFunction",
    "ImportsFunction",
    "ImportWorkersFunction",
    "BaselinesFunction",
    "CleanupFunction",
)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """The resources of plain CloudFormation that a deployment with every parameter's default makes."""
    return deployed(transformed())


def granted(resources: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every statement of a role, with the role's name."""
    roles = of_type(resources, "AWS::IAM::Role")
    return [(name, statement) for name, role in roles.items() for statement in statements(role)]


def test_only_those_who_follow_the_stream_read_it(resources: dict[str, Any]) -> None:
    allowed: dict[str, set[str]] = {}
    for role, statement in granted(resources):
        allowed.setdefault(role, set()).update(as_list(statement["Action"]))
    reading = [role for role, actions in allowed.items() if "dynamodb:GetRecords" in actions]
    assert sorted(reading) == ["BaselinesRole", "CleanupRole"]


def test_nothing_is_deleted_but_staged_chunks_texts_and_claims(resources: dict[str, Any]) -> None:
    deleting = sorted(
        (role, action, json.dumps(statement["Resource"]))
        for role, statement in granted(resources)
        for action in as_list(statement["Action"])
        if "Delete" in action and action != "sqs:DeleteMessage"
    )
    assert [(role, action) for role, action, _ in deleting] == [
        ("CleanupRole", "dynamodb:DeleteItem"),
        ("CleanupRole", "s3:DeleteObjectVersion"),
        ("ImportWorkersRole", "s3:DeleteObject"),
        ("ImportWorkersRole", "s3:DeleteObjectVersion"),
        ("ImportsRole", "s3:DeleteObject"),
        ("ImportsRole", "s3:DeleteObjectVersion"),
        ("InteractionsRole", "dynamodb:DeleteItem"),
        ("InteractionsRole", "s3:DeleteObjectVersion"),
    ]
    for role, action, resource in deleting:
        folder = "/staging/*" if role.startswith("Import") else "/texts/*"
        assert (folder if action.startswith("s3:") else "InteractionsTable") in resource
    listing = [one for _, one in granted(resources) if "s3:ListBucketVersions" in as_list(one["Action"])]
    prefixes = [one["Condition"]["StringLike"]["s3:prefix"] for one in listing]
    assert sorted(prefixes) == 2 * ["staging/*"] + 2 * ["texts/*"]


def test_routes_go_to_their_function_and_the_rest_to_interactions(resources: dict[str, Any]) -> None:
    paths = resources["Api"]["Properties"]["Body"]["paths"]
    targets = {}
    for path, methods in paths.items():
        (operation,) = methods.values()
        uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
        targets[path] = next(name for name in FUNCTIONS if name in uri)
    alerts = ("/api/alerts", "/api/alerts/{proxy+}", "/api/metrics", "/api/metrics/{proxy+}")
    others = ("$default", *OPEN)
    assert targets == dict.fromkeys(others, "InteractionsFunction") | dict.fromkeys(alerts, "AlertsFunction")


OPEN = ("/health", "/docs", "/docs/{proxy+}", "/openapi.json")


@pytest.mark.parametrize(
    ("authorization", "security", "scheme"),
    [
        # The gateway lets all through: the functions look at keys themselves.
        ("keys", [], None),
        ("none", [], None),
        ("jwt", [{"jwt": []}], {"type": "jwt", "identitySource": "$request.header.Authorization"}),
        ("iam", [{"iam": []}], "awsSigv4"),
    ],
)
def test_the_gateways_authoriser_stands_before_all_but_the_open_routes(
    authorization: str, security: list[Any], scheme: Any
) -> None:
    from plumbline.http.guard import is_open

    body = deployed(transformed(), Authorization=authorization)["Api"]["Properties"]["Body"]
    for path, methods in body["paths"].items():
        (operation,) = methods.values()
        assert operation.get("security") == (None if path in OPEN else security), path
        assert is_open(path) == (path in OPEN)
    schemes = body["components"]["securitySchemes"]
    assert list(schemes) == [name for one in security for name in one]
    if authorization == "jwt":
        authorizer = schemes["jwt"]["x-amazon-apigateway-authorizer"]
        reference = authorizer.pop("jwtConfiguration")
        assert authorizer == scheme
        assert reference == {"issuer": {"Ref": "JwtIssuer"}, "audience": {"Ref": "JwtAudience"}}
    elif authorization == "iam":
        assert schemes["iam"]["x-amazon-apigateway-authtype"] == scheme


def test_every_function_is_told_who_lets_callers_in() -> None:
    from typing import get_args

    from plumbline.settings import Authorization

    parameter = TEMPLATE["Parameters"]["Authorization"]
    assert parameter["Default"] == "keys"
    assert set(parameter["AllowedValues"]) == set(get_args(Authorization))
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["AUTHORIZATION"] == {"Ref": "Authorization"}


def test_only_the_function_with_their_routes_makes_keys_and_none_deletes_or_scans_them(
    resources: dict[str, Any],
) -> None:
    allowed: dict[str, set[str]] = {}
    changeable: dict[str, list[str]] = {}
    for role, statement in granted(resources):
        if "KeysTable" in json.dumps(statement["Resource"]):
            allowed.setdefault(role, set()).update(as_list(statement["Action"]))
            if "dynamodb:UpdateItem" in as_list(statement["Action"]):
                changeable[role] = statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
    used = {"dynamodb:GetItem", "dynamodb:UpdateItem"}
    assert allowed == {
        "AlertsRole": used,
        "InteractionsRole": used | {"dynamodb:PutItem", "dynamodb:Query"},
    }
    # No function turns a key that is there into another, or into one that may do more.
    assert changeable == {
        "AlertsRole": ["id", "last_used_at"],
        "InteractionsRole": ["id", "last_used_at", "revoked_at"],
    }
    projected = resources["KeysTable"]["Properties"]["GlobalSecondaryIndexes"][0]["Projection"]
    assert "hash" not in projected["NonKeyAttributes"]


def test_what_fails_for_good_is_kept(resources: dict[str, Any]) -> None:
    (asynchronous,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    folding, cleaning = (
        resources[name]["Properties"] for name in ("BaselinesFunctionRecorded", "CleanupFunctionGone")
    )
    for configured, queue in (
        (asynchronous, "ImportsDeadLetters"),
        (folding, "BaselinesDeadLetters"),
        (cleaning, "CleanupDeadLetters"),
    ):
        target = configured["DestinationConfig"]["OnFailure"]["Destination"]
        assert target == {"Fn::GetAtt": [queue, "Arn"]}
        assert resources[queue]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_stream_brings_new_interactions_only(resources: dict[str, Any]) -> None:
    properties = resources["BaselinesFunctionRecorded"]["Properties"]
    (pattern,) = [json.loads(each["Pattern"]) for each in properties["FilterCriteria"]["Filters"]]
    assert pattern == {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"at": {"S": [{"exists": True}]}}}}
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["BisectBatchOnFunctionError"] is True


def test_the_stream_brings_what_is_gone_to_the_cleanup(resources: dict[str, Any]) -> None:
    from plumbline.storage.removal import UNFINISHED

    properties = resources["CleanupFunctionGone"]["Properties"]
    there: dict[str, Any] = {"S": [{"exists": True}]}
    assert [json.loads(each["Pattern"]) for each in properties["FilterCriteria"]["Filters"]] == [
        {"eventName": ["REMOVE", "MODIFY"], "dynamodb": {"OldImage": {"texts_at": there}}},
        {"eventName": ["MODIFY"], "dynamodb": {"NewImage": {UNFINISHED: there}}},
    ]
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # The stream keeps its records for 24 hours.
    assert 20 * 3600 < properties["MaximumRecordAgeInSeconds"] < 24 * 3600
    table = resources["InteractionsTable"]["Properties"]
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_s3_tells_of_every_text_when_its_writer_has_ended(resources: dict[str, Any]) -> None:
    from plumbline.storage.items import TEXTS_PREFIX
    from plumbline.storage.removal import LONGEST_RUN

    bucket = resources["UploadsBucket"]
    told = bucket["Properties"]["NotificationConfiguration"]
    (texts,) = told["QueueConfigurations"]
    assert texts["Queue"] == {"Fn::GetAtt": ["TextsQueue", "Arn"]}
    assert texts["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": TEXTS_PREFIX}]
    (uploads,) = told["LambdaConfigurations"]
    assert uploads["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}]
    assert "TextsQueuePolicy" in as_list(bucket["DependsOn"])
    queue = resources["TextsQueue"]["Properties"]
    functions = of_type(resources, "AWS::Lambda::Function")
    assert (
        queue["DelaySeconds"] == LONGEST_RUN.total_seconds() >= max(one["Timeout"] for one in functions.values())
    )
    assert queue["VisibilityTimeout"] >= 6 * functions["CleanupFunction"]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["CleanupDeadLetters", "Arn"]}
    statements = resources["TextsQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (allowed,) = [one for one in statements if one["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert "ArnEquals" in allowed["Condition"]


@pytest.mark.parametrize(("days", "expires"), [("0", False), ("1", True), ("3650", True)])
def test_uploads_are_forgotten_only_where_the_parameter_says_so(days: str, expires: bool) -> None:
    made = deployed(transformed(), UploadRetentionDays=days)
    rules = made["UploadsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    by_prefix = {rule["Prefix"]: rule for rule in rules if "Prefix" in rule}
    assert by_prefix.keys() == {"staging/"} | ({"uploads/", "rejected/"} if expires else set())
    for prefix in by_prefix.keys() - {"staging/"}:
        assert by_prefix[prefix]["ExpirationInDays"] == {"Ref": "UploadRetentionDays"}
        assert by_prefix[prefix]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert not any("ExpirationInDays" in rule for rule in rules if "Prefix" not in rule)


@pytest.mark.parametrize(
    ("queue", "function", "source"),
    [
        ("ImportQueue", "ImportWorkersFunction", "ImportWorkersFunctionChunk"),
        ("PlanQueue", "ImportsFunction", "ImportsFunctionPlan"),
    ],
)
def test_import_messages_come_again_until_they_are_dead(
    resources: dict[str, Any], queue: str, function: str, source: str
) -> None:
    from plumbline.storage.queue import MAX_RECEIVES

    properties, mapping = resources[queue]["Properties"], resources[source]["Properties"]
    assert properties["VisibilityTimeout"] >= 6 * resources[function]["Properties"]["Timeout"]
    assert properties["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["ImportsDeadLetters", "Arn"]},
        "maxReceiveCount": MAX_RECEIVES,
    }
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] <= 2
    assert "MaximumConcurrency" in mapping["ScalingConfig"]


def test_parameters_say_what_they_are_for() -> None:
    parameters = TEMPLATE["Parameters"]
    assert {"AlertThreshold", "PythonRuntime", "Architecture", "LogRetentionDays", "LogLevel"} <= set(parameters)
    for name, parameter in parameters.items():
        assert len(parameter["Description"]) > 20, name
        assert "Default" in parameter, name


def test_outputs() -> None:
    assert {"ApiUrl", "UploadsBucket", "InteractionsTable"} <= set(TEMPLATE["Outputs"])


def test_settings_reach_every_function_with_values_that_are_accepted() -> None:
    """Every value that the template allows is one that the functions start with."""
    from plumbline.settings import Settings

    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    parameters = TEMPLATE["Parameters"]
    for sensitivity in parameters["OutlierSensitivity"]["AllowedValues"]:
        plain = {}
        for name, value in variables.items():
            reference = value.get("Ref") if isinstance(value, dict) else None
            plain[name] = str(parameters[reference]["Default"]) if reference in parameters else str(value)
        plain["OUTLIER_SENSITIVITY"] = sensitivity
        settings = Settings.from_env(plain)
        assert (settings.sensitivity, settings.alert_threshold) == (sensitivity, 100.0)
    assert variables["AWS_ENDPOINT_URL"] == ""


@pytest.mark.parametrize("section", ["default", "prod"])
def test_build_and_deployment_agree_on_the_runtime(section: str) -> None:
    command = [sys.executable, "-m", "scripts.target", section]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert printed == "export PYTHON_RUNTIME=python3.13\nexport ARCHITECTURE=arm64\n"


def test_a_section_that_is_not_there_is_named() -> None:
    command = [sys.executable, "-m", "scripts.target", "production"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no section 'production'" in done.stderr
    assert "prod" in done.stderr
