"""What must hold for every resource of a kind in ``template.yaml``: whatever is added is held to it too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.template import as_list, deployed, of_type, references, statements, transformed

KEY = "arn:aws:kms:eu-central-1:123456789012:key/0f1e"
DAYS_14 = 14 * 24 * 3600
KEPT = {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}
# Properties by which each kind of resource names the key that encrypts what it keeps.
ENCRYPTED: dict[str, list[Any]] = {
    "AWS::DynamoDB::Table": ["SSESpecification", "KMSMasterKeyId"],
    "AWS::Lambda::Function": ["KmsKeyArn"],
    "AWS::Logs::LogGroup": ["KmsKeyId"],
    "AWS::S3::Bucket": [
        *("BucketEncryption", "ServerSideEncryptionConfiguration"),
        *(0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"),
    ],
    "AWS::SNS::Topic": ["KmsMasterKeyId"],
    "AWS::SQS::Queue": ["KmsMasterKeyId"],
}
# They keep nothing, or what they keep is public, code or settings.
NOT_ENCRYPTED = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
Resources = dict[str, Any]


@pytest.fixture(scope="module")
def template() -> Resources:
    return transformed()


@pytest.fixture(scope="module")
def plain(template: Resources) -> Resources:
    """As deployed with every parameter's default."""
    return deployed(template)


@pytest.fixture(scope="module")
def hardened(template: Resources) -> Resources:
    """As deployed with all that is optional."""
    return deployed(
        template,
        KmsKeyArn=KEY,
        AlarmEmail="ops@example.org",
        Dashboard="on",
        Tracing="on",
        AccessLogBucket="our-access-logs",
        ApiReservedConcurrency="50",
        ImportReservedConcurrency="5",
    )


def at(value: Any, place: list[Any]) -> Any:
    for step in place:
        value = value[step] if isinstance(step, int) else value.get(step, {})
    return value or None


def test_everything_that_is_kept_is_encrypted_by_the_customers_key_where_there_is_one(
    plain: Resources, hardened: Resources
) -> None:
    assert {each["Type"] for each in hardened.values()} <= ENCRYPTED.keys() | NOT_ENCRYPTED
    for kind, place in ENCRYPTED.items():
        found = of_type(hardened, kind)
        assert found, kind
        for name, properties in found.items():
            assert at(properties, place) == {"Ref": "KmsKeyArn"}, name
    for name, resource in plain.items():
        assert "KmsKeyArn" not in references(resource), name


def test_tables_outlive_everything_and_can_be_taken_back_in_time(plain: Resources, template: Resources) -> None:
    tables = of_type(plain, "AWS::DynamoDB::Table")
    assert len(tables) >= 4
    for name, table in tables.items():
        assert table["DeletionProtectionEnabled"] is True, name
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
    for name, table in of_type(deployed(template, DeletionProtection="off"), "AWS::DynamoDB::Table").items():
        assert table["DeletionProtectionEnabled"] is False, name
    for name, resource in plain.items():
        if resource["Type"] in KEPT:
            assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_an_own_key_encrypts_tables_by_kms_and_the_bucket_with_a_bucket_key(hardened: Resources) -> None:
    for name, table in of_type(hardened, "AWS::DynamoDB::Table").items():
        assert table["SSESpecification"]["SSEEnabled"] is True, name
        assert table["SSESpecification"]["SSEType"] == "KMS", name
    for name, bucket in of_type(hardened, "AWS::S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms", name
        assert rule["BucketKeyEnabled"] is True, name


def test_buckets_are_closed_versioned_tidied_and_tls_only(plain: Resources) -> None:
    policies = of_type(plain, "AWS::S3::BucketPolicy").values()
    for name, bucket in of_type(plain, "AWS::S3::Bucket").items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, name
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert any("NoncurrentVersionExpiration" in rule and "Prefix" not in rule for rule in rules), name
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), name
        (policy,) = (one for one in policies if one["Bucket"] == {"Ref": name})
        (denied,) = (one for one in policy["PolicyDocument"]["Statement"] if one["Sid"] == "HttpsOnly")
        assert_denies_plain_http(denied, "s3:*")
        assert denied["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


def test_queues_are_encrypted_tls_only_and_keep_messages_as_long_as_they_can(
    plain: Resources, hardened: Resources
) -> None:
    policies = of_type(plain, "AWS::SQS::QueuePolicy").values()
    queues = of_type(plain, "AWS::SQS::Queue")
    assert len(queues) >= 4
    for name, queue in queues.items():
        assert queue["SqsManagedSseEnabled"] is True, name
        assert "SqsManagedSseEnabled" not in of_type(hardened, "AWS::SQS::Queue")[name], name
        assert queue["MessageRetentionPeriod"] == DAYS_14, name
        # A queue has one policy: a second would replace the first.
        (policy,) = (one for one in policies if {"Ref": name} in one["Queues"])
        (denied,) = (one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny")
        assert_denies_plain_http(denied, "sqs:*")
        assert denied["Resource"] == "*"


def assert_denies_plain_http(statement: dict[str, Any], action: str) -> None:
    assert (statement["Effect"], statement["Action"], statement["Principal"]) == ("Deny", action, "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_functions_have_a_role_a_log_group_and_a_time_limit_of_their_own(plain: Resources) -> None:
    functions = of_type(plain, "AWS::Lambda::Function")
    roles = [function["Role"]["Fn::GetAtt"][0] for function in functions.values()]
    groups = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()]
    assert sorted(roles) == sorted(of_type(plain, "AWS::IAM::Role"))
    assert {*groups, "ApiLogGroup"} == of_type(plain, "AWS::Logs::LogGroup").keys()
    assert len(set(groups)) == len(functions)
    for name, function in functions.items():
        assert 0 < function["Timeout"] <= 900, name
        own = groups[list(functions).index(name)]
        (logs,) = (
            one for one in statements(plain[function["Role"]["Fn::GetAtt"][0]]["Properties"])
            if "logs:PutLogEvents" in one["Action"]
        )  # fmt: skip
        assert f"${{{own}}}" in json.dumps(logs["Resource"]), name


def test_logs_are_forgotten_as_the_parameter_says(plain: Resources) -> None:
    for name, group in of_type(plain, "AWS::Logs::LogGroup").items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name


def test_roles_are_lambdas_alone_and_name_actions_and_resources(plain: Resources, hardened: Resources) -> None:
    for name, role in of_type(hardened, "AWS::IAM::Role").items():
        assert not role.get("ManagedPolicyArns"), name
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, name
        names = [statement["Sid"] for statement in statements(role)]
        assert len(set(names)) == len(names), name
        for statement in statements(role):
            where = f"{name}.{statement['Sid']}"
            assert statement["Effect"] == "Allow", where
            assert not [action for action in as_list(statement["Action"]) if "*" in action], where
            if "*" in as_list(statement["Resource"]):
                assert all(action.startswith("xray:") for action in as_list(statement["Action"])), where
    for name, role in of_type(plain, "AWS::IAM::Role").items():
        assert "*" not in [resource for one in statements(role) for resource in as_list(one["Resource"])], name


def test_functions_use_an_own_key_only_through_the_services_that_they_call(hardened: Resources) -> None:
    for name, role in of_type(hardened, "AWS::IAM::Role").items():
        (key,) = (one for one in statements(role) if any("kms:" in action for action in as_list(one["Action"])))
        assert key["Resource"] == {"Ref": "KmsKeyArn"}, name
        services = [json.dumps(one) for one in key["Condition"]["StringEquals"]["kms:ViaService"]]
        called = {"dynamodb", "s3", "sqs", "lambda"}
        assert {one.split(".")[0].split('"')[-1] for one in services} == called, name
        assert {"kms:Decrypt"} <= set(as_list(key["Action"])), name
        assert not {"kms:CreateGrant", "kms:PutKeyPolicy"} & set(as_list(key["Action"])), name
        written = {"dynamodb:PutItem", "dynamodb:BatchWriteItem", "s3:PutObject", "sqs:SendMessage"}
        granted = {action for one in statements(role) for action in as_list(one["Action"])}
        assert ("kms:GenerateDataKey" in as_list(key["Action"])) == bool(written & granted), name


def test_only_this_accounts_resources_may_invoke_a_function(plain: Resources) -> None:
    permissions = of_type(plain, "AWS::Lambda::Permission")
    assert permissions
    for name, permission in permissions.items():
        account = permission.get("SourceAccount") or permission["SourceArn"]
        assert "AWS::AccountId" in references(account), name
        assert permission["Principal"].endswith(".amazonaws.com"), name
        if permission["Principal"] == "s3.amazonaws.com":
            # The ARN of a bucket names no account: a bucket of that name could be another's.
            assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}, name


def test_concurrency_is_set_aside_only_where_it_is_asked_for(plain: Resources, hardened: Resources) -> None:
    for name, function in of_type(plain, "AWS::Lambda::Function").items():
        assert "ReservedConcurrentExecutions" not in function, name
    reserved = {
        name: function.get("ReservedConcurrentExecutions", {}).get("Ref")
        for name, function in of_type(hardened, "AWS::Lambda::Function").items()
    }
    assert reserved["InteractionsFunction"] == reserved["AlertsFunction"] == "ApiReservedConcurrency"
    assert reserved["ImportsFunction"] == "ImportReservedConcurrency"
    # No fewer than the queue hands out at once: messages that were refused would count as tried.
    assert reserved["ImportWorkersFunction"] == "ImportWorkers"
    mapping = hardened["ImportWorkersFunctionChunk"]["Properties"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "ImportWorkers"}}


def test_the_gateway_throttles_every_route_and_logs_no_path(plain: Resources) -> None:
    (stage,) = of_type(plain, "AWS::ApiGatewayV2::Stage").values()
    settings = stage["DefaultRouteSettings"]
    assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottlingRateLimit"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurstLimit"}
    assert "RouteSettings" not in stage
    log = stage["AccessLogSettings"]
    assert log["DestinationArn"] == {"Fn::GetAtt": ["ApiLogGroup", "Arn"]}
    written = set(json.loads(log["Format"]).values())
    assert "$context.requestId" in written
    assert not [
        one for one in written if "path" in one.lower() or "query" in one.lower() or "header" in one.lower()
    ]


def test_access_to_the_bucket_is_logged_where_a_bucket_for_it_is_named(
    plain: Resources, hardened: Resources
) -> None:
    assert "LoggingConfiguration" not in plain["UploadsBucket"]["Properties"]
    logging = hardened["UploadsBucket"]["Properties"]["LoggingConfiguration"]
    assert logging["DestinationBucketName"] == {"Ref": "AccessLogBucket"}
