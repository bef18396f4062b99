"""README's section on deploying, held against the template and the sections of samconfig.toml."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.support.template import source

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DEPLOYING = README.split("\n## Deploying\n")[1].split("\n## ")[0]
ROW = re.compile(r"\| `(?P<name>\w+)` \| (?P<default>[^|]*) \| (?P<said>[^|]+) \|")


def test_every_parameter_is_listed_with_its_default() -> None:
    listed = {row["name"]: row["default"].strip("` ") for row in ROW.finditer(DEPLOYING)}
    defaults = {name: str(each["Default"]) for name, each in source()["Parameters"].items()}
    assert listed == {name: default or "none" for name, default in defaults.items()}


@pytest.mark.parametrize("section", ["default", "local", "prod"])
def test_the_sections_give_values_that_the_template_takes(section: str) -> None:
    parameters = source()["Parameters"]
    with (ROOT / "samconfig.toml").open("rb") as file:
        given = tomllib.load(file)[section]["deploy"]["parameters"]["parameter_overrides"]
    for name, value in (one.split("=", 1) for one in given):
        assert value in [str(each) for each in parameters[name].get("AllowedValues", [value])], name
        assert re.fullmatch(parameters[name].get("AllowedPattern", ".*"), value), name
        if parameters[name]["Type"] == "Number":
            assert float(value) >= parameters[name].get("MinValue", 0), name


def test_the_policy_for_a_key_of_ones_own_names_who_uses_it_in_nobodys_name() -> None:
    (written,) = re.findall(r"```json\n(\{\n  \"Version\".*?)```", DEPLOYING, re.DOTALL)
    by_name = {statement["Sid"]: statement for statement in json.loads(written)["Statement"]}
    services = {one["Principal"]["Service"] for one in by_name.values() if "Service" in one["Principal"]}
    # S3 writes to a queue, CloudWatch to a topic: both are encrypted by the key.
    assert services == {"logs.REGION.amazonaws.com", "cloudwatch.amazonaws.com", "s3.amazonaws.com"}
    assert all("Condition" in one for one in by_name.values() if "Service" in one["Principal"])
    # Every log group is one that the policy names.
    groups = [one for one in source()["Resources"].values() if one["Type"] == "AWS::Logs::LogGroup"]
    assert all(one["Properties"]["LogGroupName"]["Fn::Sub"].startswith("/aws/") for one in groups)
