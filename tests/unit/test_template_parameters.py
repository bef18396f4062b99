"""The template's parameters, and its suppressions of what reviewing it finds."""

from __future__ import annotations

from typing import Any

from tests.support.template import deployed, of_type, references, source, transformed


def test_parameters_and_conditions_are_all_used_and_parameters_are_grouped() -> None:
    written = source()
    used = references([written["Resources"], written["Globals"], written["Outputs"], written["Conditions"]])
    used |= {one["Condition"] for one in written["Resources"].values() if "Condition" in one}
    used |= {part["Condition"] for each in conditions(written["Conditions"]) for part in each}
    assert written["Parameters"].keys() <= used
    assert written["Conditions"].keys() <= used
    groups = written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(written["Parameters"])


def conditions(value: Any) -> list[list[dict[str, str]]]:
    """The conditions that others are made of, wherever they stand."""
    if isinstance(value, dict):
        mine = [[value]] if value.keys() == {"Condition"} else []
        return mine + conditions(list(value.values()))
    return [found for each in value for found in conditions(each)] if isinstance(value, list) else []


def test_the_variables_of_a_function_fit_whatever_the_parameters_say() -> None:
    """Lambda takes 4 KB of them. The bucket's name, of 63 characters, bounds the stack's to 27."""
    plain = deployed(transformed())
    stack, region = "s" * 27, "ap-southeast-2"
    account = f"{region}:123456789012"
    generated = {
        "AWS::DynamoDB::Table": len(f"{stack}-{'t' * 20}-1A2B3C4D5E6F7"),
        "AWS::SQS::Queue": len(f"https://sqs.{region}.amazonaws.com/123456789012/{stack}-{'q' * 20}-1A2B3C4D5E6F"),
    }
    pseudo = {
        "AWS::StackName": len(stack),
        "AWS::StackId": len(f"arn:aws:cloudformation:{account}:stack/{stack}/") + 36,
    }
    parameters = source()["Parameters"]

    def size(value: Any) -> int:
        if not isinstance(value, dict):
            return len(str(value))
        if "Fn::Sub" in value:
            return 63
        name = value["Ref"]
        if name in parameters:
            return longest(parameters[name])
        return pseudo[name] if name in pseudo else generated[plain[name]["Type"]]

    for name, function in of_type(plain, "AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        assert sum(len(key) + size(value) for key, value in variables.items()) <= 4096, name


def longest(parameter: dict[str, Any]) -> int:
    """How long a parameter's value may be; one that is any text has to say it."""
    if "AllowedValues" in parameter:
        return max(len(str(value)) for value in parameter["AllowedValues"])
    return 20 if parameter["Type"] == "Number" else int(parameter["MaxLength"])


def test_every_suppression_says_why_where_it_stands() -> None:
    written = source()
    assert "cfn-lint" not in written["Metadata"]
    skipped = 0
    for name, resource in written["Resources"].items():
        metadata = resource.get("Metadata", {})
        for each in metadata.get("checkov", {}).get("skip", []):
            skipped += 1
            assert each["id"].startswith("CKV"), name
            assert len(each["comment"].split()) >= 6, (name, each["id"])
        assert "cfn-lint" not in metadata, name
    assert skipped
