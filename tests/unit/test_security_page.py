"""SECURITY.md names tests that there are, for every attack that there is a test of."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", PAGE)


def _tests_in(path: Path) -> set[str]:
    """The tests of a file, those of classes with their class's name."""
    tree = ast.parse(path.read_text("utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return found


def test_every_test_that_it_names_is_there() -> None:
    assert len(NAMED) > 50
    files = {name: _tests_in(ROOT / name) if (ROOT / name).exists() else set() for name, _ in NAMED}
    assert [f"{file}::{name}" for file, name in NAMED if name not in files[file]] == []


def test_every_threat_names_a_test() -> None:
    rows = [
        line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| threat"))
    ]
    assert len(rows) > 20
    assert [row for row in rows if "`tests/" not in row] == []


def test_every_file_of_attacks_is_named() -> None:
    attacks = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_attacks_*.py")}
    assert attacks - {file for file, _ in NAMED} == set()


def test_readme_leads_to_it() -> None:
    assert "(SECURITY.md)" in (ROOT / "README.md").read_text("utf-8")
