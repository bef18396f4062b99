"""The pure packages stay pure, and imports run one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "layers" / "plumbline" / "plumbline"
LEAVES = {"plumbline.models", "plumbline.errors", "plumbline.times"}
MAY_IMPORT = {
    "metrics": LEAVES | {"plumbline.metrics"},
    "baselines": LEAVES | {"plumbline.metrics", "plumbline.baselines"},
    "alerts": LEAVES | {"plumbline.metrics", "plumbline.baselines", "plumbline.alerts"},
    "redaction": LEAVES | {"plumbline.metrics", "plumbline.redaction"},
    "access": LEAVES | {"plumbline.access"},
}
STANDARD_LIBRARY = {
    *("__future__", "bisect", "collections", "dataclasses", "enum", "functools", "itertools", "json", "math"),
    *("operator", "re", "string", "struct", "sys", "types", "typing", "unicodedata", "zlib"),
    *("signal", "threading", "warnings"),  # to check and to bound the operator's regular expressions
}

# Pure all the same but for chance, which a new key is made of.
OF_KEYS = {"hashlib", "hmac", "secrets"}


def sources(package: str) -> list[Path]:
    found = sorted((PACKAGE / package).rglob("*.py"))
    assert found
    return found


def imported(path: Path) -> set[str]:
    """What a module imports while it runs; what is only for type checkers does not count."""
    names: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            todo.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: imports are absolute"
            names.add(node.module or "")
            if node.module == "plumbline":
                names |= {f"plumbline.{alias.name}" for alias in node.names}
                names.discard("plumbline")
        todo.extend(ast.iter_child_nodes(node))
    return names


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_pure_package_imports_only_what_stands_below_it(package: str) -> None:
    for path in sources(package):
        for name in imported(path):
            if name.startswith("plumbline"):
                assert any(name == one or name.startswith(f"{one}.") for one in MAY_IMPORT[package]), (path, name)
            else:
                allowed = STANDARD_LIBRARY | (OF_KEYS if package == "access" else set())
                assert name.partition(".")[0] in allowed, (path, name)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_pure_package_reads_neither_environment_nor_clock_nor_files(package: str) -> None:
    forbidden = {"environ", "getenv", "now", "utcnow", "today", "time", "open", "print", "random"}
    for path in sources(package):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                assert name not in forbidden, f"{path.name}:{node.lineno} calls {name}"


def test_importing_the_pure_packages_loads_few_modules() -> None:
    """Every module is paid for at each cold start; counted, as time depends on the machine."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "import re, dataclasses, typing, zlib, struct, bisect, itertools, functools, collections.abc\n"
        "common = set(sys.modules)\n"
        "import plumbline.metrics, plumbline.baselines, plumbline.alerts\n"
        "print(*sorted(set(sys.modules) - common))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    loaded = done.stdout.split()
    foreign = {name for name in loaded if not name.startswith("plumbline")}
    assert foreign <= STANDARD_LIBRARY | {"json.decoder", "json.encoder", "json.scanner", "_json", "_string"}
    assert {"plumbline.metrics", "plumbline.baselines", "plumbline.alerts"} <= set(loaded)
    assert len(loaded) < 60
