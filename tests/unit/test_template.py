"""What ``template.yaml`` must hold whatever else changes in it, checked on the template that SAM makes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
FUNCTIONS = (
    "InteractionsFunction",
    "AlertsFunction",
    "ImportsFunction",
    "ImportWorkersFunction",
    "BaselinesFunction",
)
DATA = ("InteractionsTable", "BaselinesTable", "ImportsTable", "UploadsBucket")
# Actions for which IAM knows no resource narrower than everything.
UNSCOPED = {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"}


class NoPolicies:
    """No managed policy is named in the template, so none need be looked up."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """The resources of plain CloudFormation that deploying creates."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    resources = template["Resources"]
    for name in (*FUNCTIONS, "PlumblineLayer"):
        place = "ContentUri" if name == "PlumblineLayer" else "CodeUri"
        resources[name]["Properties"][place] = "s3://artifacts/package.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        made: dict[str, Any] = transform(template, {}, NoPolicies())["Resources"]
    return made


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(resources: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every statement that a function's role is given, with the role's name; those under a condition too."""
    found = []
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        (policy,) = role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]:
            found.append((name, statement["Fn::If"][1] if "Fn::If" in statement else statement))  # noqa: PERF401
    return found


def test_functions_have_a_role_of_their_own_and_no_managed_policy(resources: dict[str, Any]) -> None:
    roles = of_type(resources, "AWS::IAM::Role")
    used = [resources[name]["Properties"]["Role"]["Fn::GetAtt"][0] for name in FUNCTIONS]
    assert sorted(used) == sorted(roles)
    assert not [name for name, role in roles.items() if role["Properties"].get("ManagedPolicyArns")]


def test_permissions_name_their_actions_and_resources(resources: dict[str, Any]) -> None:
    given = statements(resources)
    assert len(given) >= 15
    for role, statement in given:
        actions = as_list(statement["Action"])
        assert statement["Effect"] == "Allow"
        assert not [action for action in actions if "*" in action], role
        if "*" in as_list(statement["Resource"]):
            assert set(actions) <= UNSCOPED, role


def test_only_baselines_read_the_stream_and_nothing_is_deleted_but_what_was_staged(
    resources: dict[str, Any],
) -> None:
    allowed: dict[str, set[str]] = {}
    for role, statement in statements(resources):
        allowed.setdefault(role, set()).update(as_list(statement["Action"]))
    assert [role for role, actions in allowed.items() if "dynamodb:GetRecords" in actions] == ["BaselinesRole"]
    deleting = {
        (action, json.dumps(statement["Resource"]).split("/")[-1])
        for _, statement in statements(resources)
        for action in as_list(statement["Action"])
        if "Delete" in action and action != "sqs:DeleteMessage"
    }
    assert deleting == {("s3:DeleteObject", '*"}')}
    staging = [
        json.dumps(one["Resource"]) for _, one in statements(resources) if "s3:DeleteObject" in one["Action"]
    ]
    assert len(staging) == 2
    assert all("/staging/*" in resource for resource in staging)


def test_routes_go_to_their_function_and_the_rest_to_interactions(resources: dict[str, Any]) -> None:
    paths = resources["Api"]["Properties"]["Body"]["paths"]
    targets = {}
    for path, methods in paths.items():
        (operation,) = methods.values()
        uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
        targets[path] = next(name for name in FUNCTIONS if name in uri)
    alerts = ("/api/alerts", "/api/alerts/{proxy+}", "/api/metrics", "/api/metrics/{proxy+}")
    assert targets == {"$default": "InteractionsFunction"} | dict.fromkeys(alerts, "AlertsFunction")


def test_only_the_services_that_trigger_a_function_may_invoke_it(resources: dict[str, Any]) -> None:
    for permission in of_type(resources, "AWS::Lambda::Permission").values():
        properties = permission["Properties"]
        assert properties["Principal"] in {"apigateway.amazonaws.com", "s3.amazonaws.com"}
        assert "SourceArn" in properties or "SourceAccount" in properties


@pytest.mark.parametrize("name", DATA)
def test_data_outlives_the_stack(resources: dict[str, Any], name: str) -> None:
    assert resources[name]["DeletionPolicy"] == "Retain"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_tables_are_on_demand_and_can_be_taken_back_in_time(resources: dict[str, Any]) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, (
            name
        )


def test_the_bucket_is_closed_to_the_public_and_to_plain_http(resources: dict[str, Any]) -> None:
    bucket = resources["UploadsBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["BucketEncryption"]
    (statement,) = resources["UploadsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Principal"]) == ("Deny", "s3:*", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_every_log_group_forgets_and_every_function_writes_to_one(resources: dict[str, Any]) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert {group["Properties"]["RetentionInDays"]["Ref"] for group in groups.values()} == {"LogRetentionDays"}
    used = {resources[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] for name in FUNCTIONS}
    assert used | {"ApiLogGroup"} == set(groups)


def test_what_fails_for_good_is_kept(resources: dict[str, Any]) -> None:
    (asynchronous,) = of_type(resources, "AWS::Lambda::EventInvokeConfig").values()
    mapping = resources["BaselinesFunctionRecorded"]
    for configured, queue in ((asynchronous, "ImportsDeadLetters"), (mapping, "BaselinesDeadLetters")):
        target = configured["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        assert target == {"Fn::GetAtt": [queue, "Arn"]}
        assert resources[queue]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_stream_brings_new_interactions_only(resources: dict[str, Any]) -> None:
    properties = resources["BaselinesFunctionRecorded"]["Properties"]
    (pattern,) = [json.loads(each["Pattern"]) for each in properties["FilterCriteria"]["Filters"]]
    assert pattern == {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"at": {"S": [{"exists": True}]}}}}
    assert properties["StartingPosition"] == "TRIM_HORIZON"
    assert properties["BisectBatchOnFunctionError"] is True


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
