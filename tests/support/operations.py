"""What the template says of alarms and dashboard, and the metrics that the code emits."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
ALARMS = {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == "AWS::CloudWatch::Alarm"}
STACK = "${AWS::StackName}"


def suffix(alarm: dict[str, Any]) -> str:
    name = alarm["AlarmName"]["Fn::Sub"]
    assert name.startswith(STACK + "-")
    return str(name.removeprefix(STACK + "-"))


@cache
def emitted() -> dict[str, tuple[str, ...]]:
    """Every metric that the code emits, and its dimensions: looked for in the sources."""
    found: dict[str, tuple[str, ...]] = {}
    for folder in ("layers/plumbline/plumbline", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_metric":
                    found[name_of(node)] = ("service",)
                if isinstance(node, ast.With):
                    call = node.items[0].context_expr
                    if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "single_metric":
                        added = [
                            str(one.args[0].value)
                            for one in ast.walk(node)
                            if isinstance(one, ast.Call)
                            and getattr(one.func, "attr", "") == "add_dimension"
                            and isinstance(one.args[0], ast.Constant)
                        ]
                        found[name_of(call)] = tuple(added)
    return found


def name_of(call: ast.Call) -> str:
    named = call.args[0]
    assert isinstance(named, ast.Constant), f"line {call.lineno}: a metric's name is a plain text, to be found"
    return str(named.value)
