"""``template.yaml`` as CloudFormation would see it: what SAM makes of it, with the conditions decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

ROOT = Path(__file__).parents[2]
REGION = "eu-central-1"
_GONE = object()


class NoPolicies:
    """No managed policy is named in the template, so none need be looked up."""

    def load(self) -> dict[str, str]:
        return {}


def source() -> dict[str, Any]:
    """The template as it is written."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return parsed


def transformed() -> dict[str, Any]:
    """The template of plain CloudFormation that SAM makes of it."""
    template = source()
    for resource in template["Resources"].values():
        for place in ("ContentUri", "CodeUri"):
            if place in resource.get("Properties", {}):
                resource["Properties"][place] = "s3://artifacts/package.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        made: dict[str, Any] = transform(template, {}, NoPolicies())
    return made


def deployed(template: dict[str, Any], **parameters: str) -> dict[str, Any]:
    """The resources of a transformed template that a deployment with these parameters makes.

    What conditions decide is decided. References stay, parameters' too, for the tests to look at.
    """
    given = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()} | parameters
    assert given.keys() == template["Parameters"].keys()
    decide = _Conditions(template.get("Conditions", {}), given)
    return {
        name: decide.resolve(resource)
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or decide.holds({"Condition": resource["Condition"]})
    }


class _Conditions:
    """Decides a template's conditions for given parameters."""

    def __init__(self, conditions: dict[str, Any], parameters: dict[str, str]) -> None:
        self._conditions = conditions
        self._parameters = parameters

    def holds(self, condition: Any) -> bool:
        ((function, argument),) = condition.items()
        match function:
            case "Condition":
                return self.holds(self._conditions[argument])
            case "Fn::Not":
                return not self.holds(argument[0])
            case "Fn::And":
                return all(map(self.holds, argument))
            case "Fn::Or":
                return any(map(self.holds, argument))
            case "Fn::Equals":
                left, right = map(self._value, argument)
                return left == right
        raise AssertionError(f"no condition is known by the name of {function}")

    def _value(self, value: Any) -> str:
        return self._parameters[value["Ref"]] if isinstance(value, dict) else str(value)

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not _GONE]
        if not isinstance(value, dict):
            return value
        if value == {"Ref": "AWS::NoValue"}:
            return _GONE
        if value.keys() == {"Fn::If"}:
            condition, then, otherwise = value["Fn::If"]
            return self.resolve(then if self.holds({"Condition": condition}) else otherwise)
        resolved = {name: self.resolve(each) for name, each in value.items()}
        return {name: each for name, each in resolved.items() if each is not _GONE}


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    """The properties of all resources of a type, by logical id."""
    return {name: each.get("Properties", {}) for name, each in resources.items() if each["Type"] == kind}


def as_list(value: Any) -> list[Any]:
    """IAM takes one for a list of one."""
    return value if isinstance(value, list) else [value]


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Every statement of a role's policies, from the role's properties."""
    return [
        statement for policy in role.get("Policies", ()) for statement in policy["PolicyDocument"]["Statement"]
    ]


def references(value: Any) -> set[str]:
    """What is referred to anywhere in a value: parameters, resources, pseudo parameters, conditions."""
    if isinstance(value, list):
        return set().union(*map(references, value))
    if not isinstance(value, dict):
        return set()
    found = references(list(value.values()))
    found |= {value["Ref"]} if "Ref" in value else set()
    if "Fn::Sub" in value:
        text = as_list(value["Fn::Sub"])[0]
        found |= {part.split("}")[0].split(".")[0] for part in text.split("${")[1:]}
    if "Fn::GetAtt" in value:
        found.add(as_list(value["Fn::GetAtt"])[0].split(".")[0])
    if "Fn::If" in value:
        found.add(value["Fn::If"][0])
    return found
