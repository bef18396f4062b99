"""What is installed is what was pinned; what is published of it is heard, or it is said that nobody was asked."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest

from scripts import environments, review
from scripts.environments import DEVELOPMENT, EMULATOR, REVIEW
from scripts.review import NotAudited, Report

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "plumbline" / "requirements.txt"
PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[0-9][^ ;]*)(?P<rest>.*)")


def requirements(path: Path) -> dict[tuple[str, str], str]:
    """The rest of each requirement, marker and hashes, by name and version; every one of them is pinned."""
    found = {}
    for line in path.read_text("utf-8").replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            pin = PIN.fullmatch(line.strip())
            assert pin, line
            found[pin["name"], pin["version"]] = pin["rest"]
    return found


TOOLS = (DEVELOPMENT, EMULATOR, REVIEW)


@pytest.mark.parametrize("path", [LAYER, *(tool.requirements for tool in TOOLS)], ids=lambda path: path.name)
def test_packages_are_pinned_with_hashes(path: Path) -> None:
    found = requirements(path)
    assert len(found) > 15
    for name, rest in found.items():
        assert re.fullmatch(r"( *;[^\\]*?)?( +--hash=sha256:[0-9a-f]{64})+", rest), name


def test_an_environments_packages_are_held_to_their_hashes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []

    class Pip:
        stdout: tuple[str, ...] = ()
        returncode = 0

        def __init__(self, command: list[str], **_: object) -> None:
            commands.append(command)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(subprocess, "Popen", Pip)
    monkeypatch.setattr(environments, "LOGS", tmp_path)
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    environments._install(replace(DEVELOPMENT, folder=tmp_path / "venv"))
    (command,) = commands
    assert {"--no-deps", "--require-hashes"} <= set(command)
    assert command[-1] == str(DEVELOPMENT.requirements)


def test_the_layer_has_what_the_project_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    pinned = {name for name, _ in requirements(LAYER)}
    assert {name.partition(";")[0] for name in asked} <= pinned


def test_the_layer_is_built_of_wheels_whose_hashes_are_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=0)

    build_layer = loaded(LAYER.with_name("build_layer.py"), monkeypatch)
    monkeypatch.setattr(subprocess, "run", run)
    build_layer.install(build_layer.Target("3.13", "arm64", native=False), tmp_path)
    (command,) = commands
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(command)
    assert command[command.index("--requirement") + 1] == str(LAYER)


def test_what_python_brings_itself_is_installed_where_it_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # pip would go by the Python that it runs in, where a layer may be built for another.
    build_layer = loaded(LAYER.with_name("build_layer.py"), monkeypatch)

    def names(built_for: str, built_by: tuple[int, int]) -> set[tuple[str, str]]:
        monkeypatch.setattr(build_layer.sys, "version_info", built_by)
        path = build_layer.requirements(build_layer.Target(built_for, "arm64", native=False), tmp_path)
        return {pin for pin, rest in requirements(path).items() if built_by < (3, 14) or ";" not in rest}

    everything = {name for name, _ in requirements(LAYER)}
    for built_by in ((3, 11), (3, 14)):
        assert {name for name, _ in names("3.13", built_by)} == everything
        assert everything - {name for name, _ in names("3.14", built_by)} == {"backports-zstd"}


def loaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


CLEAN = {"name": "orjson", "version": "3.13.0", "vulns": []}
FOUND = {
    "name": "urllib3",
    "version": "2.8.0",
    "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["2.8.1"]}, {"id": "PYSEC-2026-2", "fix_versions": []}],
}
UNKNOWN = {"name": "boto3", "skip_reason": "Dependency not found on PyPI and could not be audited: boto3 (1.43)"}


def report(*packages: dict[str, Any], accepted: dict[str, str] | None = None) -> Report:
    return Report.read({"dependencies": packages}, accepted or {})


def test_a_published_vulnerability_fails_the_audit(capsys: pytest.CaptureFixture[str]) -> None:
    assert review.judge(report(CLEAN, FOUND, UNKNOWN)) == 1
    said = capsys.readouterr().err
    assert "urllib3 2.8.0: PYSEC-2026-1, mended in 2.8.1" in said
    assert "urllib3 2.8.0: PYSEC-2026-2, not mended yet" in said


def test_what_is_accepted_with_a_reason_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = {"PYSEC-2026-1": "not called", "PYSEC-2026-2": "not called"}
    assert review.judge(report(CLEAN, FOUND, accepted=reasons)) == 0
    assert "2 packages run in Lambda" in capsys.readouterr().out
    assert all(len(reason.split()) >= 4 for reason in review.ACCEPTED.values())


def test_packages_that_the_index_does_not_know_were_not_audited() -> None:
    # pip-audit itself calls that a success.
    with pytest.raises(NotAudited, match=r"1 of 2 packages \(boto3"):
        review.judge(report(CLEAN, UNKNOWN))


@pytest.mark.parametrize(("required", "status"), [("0", 0), ("1", 1)])
def test_no_answer_is_said_and_fails_only_where_an_audit_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], required: str, status: int
) -> None:
    said = "requests.exceptions.ProxyError: Max retries exceeded with url: /pypi/orjson/json\n"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="", stderr=said, returncode=1))
    monkeypatch.setenv("PLUMBLINE_REQUIRE_AUDIT", required)
    if status:
        with pytest.raises(SystemExit) as ended:
            review.dependencies()
        assert ended.value.code == status
    else:
        assert review.dependencies() == 0
    assert "were not audited: there was no answer" in capsys.readouterr().err


def test_an_auditor_that_breaks_is_no_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = SimpleNamespace(stdout="", stderr="error: unrecognized arguments: --disable-pip\n", returncode=2)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: broken)
    with pytest.raises(SystemExit):
        review.dependencies()


def test_the_audit_asks_about_the_layers_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(stdout=json.dumps({"dependencies": [CLEAN]}), stderr="", returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    assert review.dependencies() == 0
    (command,) = commands
    assert command[-2:] == ["--requirement", str(LAYER)]
    assert "--require-hashes" in command
