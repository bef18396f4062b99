"""What functions are permitted is what their code calls: by the calls of AWS's clients that each can reach."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import as_list, deployed, of_type, source, statements, transformed

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "plumbline"
READ_OBJECT = {"s3:GetObject", "s3:GetObjectVersion"}
# The permissions that a call of a client may ask for.
CALLS = {
    "batch_get_item": {"dynamodb:BatchGetItem"},
    "batch_write_item": {"dynamodb:BatchWriteItem"},
    "delete_item": {"dynamodb:DeleteItem"},
    "get_item": {"dynamodb:GetItem"},
    "put_item": {"dynamodb:PutItem"},
    "query": {"dynamodb:Query"},
    "scan": {"dynamodb:Scan"},
    "update_item": {"dynamodb:UpdateItem"},
    "complete_multipart_upload": {"s3:PutObject"},
    "create_multipart_upload": {"s3:PutObject"},
    "delete_object": {"s3:DeleteObject"},
    "delete_objects": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    "generate_presigned_post": {"s3:PutObject"},
    "generate_presigned_url": READ_OBJECT,
    # S3 tells what is missing from what is forbidden only to those who may list.
    "get_object": READ_OBJECT | {"s3:ListBucket"},
    "head_object": READ_OBJECT | {"s3:ListBucket"},
    "list_object_versions": {"s3:ListBucketVersions"},
    "list_objects_v2": {"s3:ListBucket"},
    "put_object": {"s3:PutObject"},
    "upload_part": {"s3:PutObject"},
    "change_message_visibility": {"sqs:ChangeMessageVisibility"},
    "delete_message": {"sqs:DeleteMessage"},
    "receive_message": {"sqs:ReceiveMessage"},
    "send_message": {"sqs:SendMessage"},
    "send_message_batch": {"sqs:SendMessage"},
}
# What they ask for where they name a version.
OF_VERSIONS = {"delete_object": {"s3:DeleteObjectVersion"}}
# Parts of transactions.
PARTS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
OF_THE_SERVICE = {
    "AWS::SQS::Queue": {
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"),
    },
    "AWS::DynamoDB::Table": {
        *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
    },
}
"""What Lambda itself does in a function's name, to bring it a queue's messages or a table's stream."""
NOT_OF_CODE = ("logs:", "kms:", "xray:")
Resources = dict[str, Any]


@pytest.fixture(scope="module")
def resources() -> Resources:
    return deployed(transformed())


def imported(path: Path) -> set[Path]:
    """The package's modules that a module imports when it runs."""
    found: set[Path] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
        elif isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        else:
            names = []
        for name in names:
            place = PACKAGE / name.replace(".", "/")
            found |= {each for each in (place.with_suffix(".py"), place / "__init__.py") if each.is_file()}
        waiting += ast.iter_child_nodes(node)
    return found


@cache
def reached(path: Path) -> frozenset[Path]:
    """All the modules that a function's module leads to, itself included."""
    known: set[Path] = set()
    waiting = [path]
    while waiting:
        one = waiting.pop()
        if one not in known:
            known.add(one)
            waiting += imported(one)
    return frozenset(known)


@cache
def called(path: Path) -> frozenset[str]:
    """The permissions that the calls in a module may ask for."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            versioned = any(keyword.arg == "VersionId" for keyword in node.keywords)
            found |= (OF_VERSIONS if versioned else {}).get(node.func.attr) or CALLS.get(node.func.attr, set())
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            found |= {PARTS[key] for key in keys if key in PARTS}
    return frozenset(found)


def code_of(function: str) -> Path:
    return ROOT / str(source()["Resources"][function]["Properties"]["CodeUri"]) / "app.py"


def granted(role: dict[str, Any]) -> set[str]:
    return {action for one in statements(role) for action in as_list(one["Action"])}


def own(actions: set[str]) -> set[str]:
    return {action for action in actions if not action.startswith(NOT_OF_CODE)}


def test_functions_are_permitted_nothing_that_they_cannot_call(resources: Resources) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        role = resources[function["Role"]["Fn::GetAtt"][0]]["Properties"]
        needed = set().union(*map(called, reached(code_of(name))), brought_to(resources, name))
        assert own(granted(role)) - needed == set(), name


def brought_to(resources: Resources, function: str) -> set[str]:
    """What Lambda needs in order to bring a function its events, and to put aside what failed."""
    needed: set[str] = set()
    for kind in ("AWS::Lambda::EventSourceMapping", "AWS::Lambda::EventInvokeConfig"):
        for properties in of_type(resources, kind).values():
            if properties["FunctionName"]["Ref"] != function:
                continue
            if "EventSourceArn" in properties:
                needed |= OF_THE_SERVICE[resources[properties["EventSourceArn"]["Fn::GetAtt"][0]]["Type"]]
            if "DestinationConfig" in properties:
                needed.add("sqs:SendMessage")
    return needed


def test_whatever_is_called_is_permitted_to_somebody(resources: Resources) -> None:
    everything = set().union(*map(called, (PACKAGE / "plumbline").rglob("*.py")))
    roles = of_type(resources, "AWS::IAM::Role").values()
    permitted = set().union(*map(granted, roles))
    assert everything - permitted == set()


def test_a_statement_names_the_places_that_its_function_is_concerned_with(resources: Resources) -> None:
    """No role reaches a table, a queue or a folder of the bucket by a resource that means all of them."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in statements(role):
            for resource in as_list(statement["Resource"]):
                where = f"{name}.{statement['Sid']}"
                text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
                if statement["Action"] == "s3:ListBucket":
                    continue
                assert not text.endswith(("${AWS::Region}/*", ":table/*", ":queue/*")), where
                assert isinstance(resource, dict), where


def test_what_a_module_calls_is_seen() -> None:
    """The tests above would pass on code that is not read."""
    interactions = set().union(*map(called, reached(code_of("InteractionsFunction"))))
    assert {"dynamodb:PutItem", "dynamodb:Query", "s3:GetObject", "sqs:SendMessage"} <= interactions
    baselines = set().union(*map(called, reached(code_of("BaselinesFunction"))))
    assert {"dynamodb:GetItem", "dynamodb:PutItem"} <= baselines
    assert "s3:PutObject" not in baselines
