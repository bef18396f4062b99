"""A function's handler, as Lambda loads it."""

from __future__ import annotations

from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

FUNCTIONS = Path(__file__).parents[2] / "functions"


@cache
def load(function: str) -> Any:
    """The module of a function of the stack."""
    spec = util.spec_from_file_location(f"{function}_app", FUNCTIONS / function / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
