"""The local stack's parts: events are kept on their way, builds made when due, obstacles named in a sentence."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts import environments
from scripts.emulator.deliveries import Deliveries
from scripts.local_stack import deployment
from scripts.local_stack.__main__ import check_ports, only_one
from scripts.local_stack.emulator import Addresses

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_an_event_survives_a_stop_at_any_moment_until_its_effect_is_saved(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    name = deliveries.begin("imports", {"Records": [1]})
    assert Deliveries(tmp_path).unfinished() == [(name, "imports", {"Records": [1]})]

    deliveries.end(name)
    assert Deliveries(tmp_path).unfinished() == [(name, "imports", {"Records": [1]})]

    deliveries.settle(deliveries.handled())
    assert Deliveries(tmp_path).unfinished() == []


def test_what_is_handled_during_a_save_waits_for_the_next_one(tmp_path: Path) -> None:
    deliveries = Deliveries(tmp_path)
    before, during = deliveries.begin("imports", {}), deliveries.begin("imports", {})
    deliveries.end(before)
    saved = deliveries.handled()
    deliveries.end(during)
    deliveries.settle(saved)
    assert [name for name, _, _ in Deliveries(tmp_path).unfinished()] == [during]
    assert deliveries.handled() == [during]


def test_a_half_written_event_is_no_event(tmp_path: Path) -> None:
    (tmp_path / "torn.tmp").write_text('{"function": "imp')
    assert Deliveries(tmp_path).unfinished() == []


@pytest.mark.parametrize(("order", "variable"), [((0, 1), "STACK_PORT"), ((1, 0), "PORT")])
def test_a_taken_port_is_named_with_the_way_out(
    taken_port: int, order: tuple[int, int], variable: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    ports = (free, taken_port) if order == (0, 1) else (taken_port, free)
    with pytest.raises(SystemExit) as stopped:
        check_ports(Addresses("127.0.0.1", api_port=ports[0], stack_port=ports[1]))
    assert stopped.value.code == 1
    said = capsys.readouterr().err
    assert f"Port {taken_port} is taken" in said
    assert f"make run {variable}={taken_port + 1}" in said


def test_a_second_one_beside_the_first_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    addresses = Addresses("127.0.0.1", stack_port=4566, api_port=8000)
    with only_one(tmp_path, addresses):
        with pytest.raises(SystemExit), only_one(tmp_path, addresses):
            pytest.fail("two ran at once")
        assert "already running here (http://127.0.0.1:8000)" in capsys.readouterr().err
    with only_one(tmp_path, addresses):
        assert (tmp_path / "lock").read_text() == "http://127.0.0.1:8000"


def test_a_lock_of_a_process_that_died_holds_nobody_up(tmp_path: Path) -> None:
    code = f"""
import fcntl, os, signal
lock = open({str(tmp_path / "lock")!r}, "w")
fcntl.flock(lock, fcntl.LOCK_EX)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode < 0
    with only_one(tmp_path, Addresses("127.0.0.1", 4566, 8000)):
        assert (tmp_path / "lock").read_text() == "http://127.0.0.1:8000"


def test_a_changed_source_is_built_anew_and_bytecode_is_no_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployment, "ROOT", tmp_path)
    source = tmp_path / "layer"
    (source / "__pycache__").mkdir(parents=True)
    (source / "a.py").write_text("a = 1")
    first = deployment.fingerprint(("layer",))
    (source / "__pycache__" / "a.pyc").write_text("bytecode")
    assert deployment.fingerprint(("layer",)) == first
    (source / "a.py").write_text("a = 2")
    changed = deployment.fingerprint(("layer",))
    (source / "a.py").rename(source / "b.py")
    assert len({first, changed, deployment.fingerprint(("layer",))}) == 3


def test_the_local_parameters_name_the_python_that_runs() -> None:
    given = deployment.parameters()
    assert given[0] == "--parameter-overrides"
    assert "PythonRuntime=python{}.{}".format(*sys.version_info[:2]) in given


def test_a_stack_is_deployed_again_where_its_parameters_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed: list[list[str]] = []
    monkeypatch.setattr(deployment, "LOCAL", tmp_path)
    monkeypatch.setattr(deployment, "outputs", lambda port: {"ApiId": "a"})
    monkeypatch.setattr(deployment, "step", lambda title, command, *rest: deployed.append(list(command)))
    for authorization in ("none", "none", "keys", "keys"):
        deployment.deploy(1, "built", tmp_path, [f"Authorization={authorization}"])
    # The last of two values of a parameter holds.
    assert [command[-1] for command in deployed] == ["Authorization=none", "Authorization=keys"]


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> environments.Environment:
    """An environment without packages, that nobody has made yet."""
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    monkeypatch.setattr(environments, "LOGS", tmp_path / "logs")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("")
    return environments.Environment(tmp_path / "env", requirements, "a test")


def test_an_environment_is_made_once_and_again_when_its_requirements_change(
    wanted: environments.Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[Path] = []
    monkeypatch.setattr(environments, "_install", lambda environment: installed.append(environment.folder))

    environments.ensure(wanted)
    assert wanted.python.exists()
    environments.ensure(wanted)
    assert len(installed) == 1

    wanted.requirements.write_text("# another")
    environments.ensure(wanted)
    assert len(installed) == 2

    # An installation that was interrupted has left no stamp.
    (wanted.folder / environments.STAMP).unlink()
    environments.ensure(wanted)
    assert len(installed) == 3


def test_an_environment_that_several_want_at_once_is_made_once(
    wanted: environments.Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def create(environment: environments.Environment, _: str) -> None:
        made.append("begun")
        time.sleep(0.05)
        environment.python.parent.mkdir(parents=True)
        environment.python.touch()

    def install(_: environments.Environment) -> None:
        time.sleep(0.05)
        made.append("done")

    monkeypatch.setattr(environments, "_create", create)
    monkeypatch.setattr(environments, "_install", install)
    with ThreadPoolExecutor(4) as threads:
        for ensured in [threads.submit(environments.ensure, wanted) for _ in range(4)]:
            ensured.result()
            assert made == ["begun", "done"]


def test_pip_that_fails_is_one_sentence(
    wanted: environments.Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted.requirements.write_text("./no-such-package==1\n")
    with pytest.raises(SystemExit) as stopped:
        environments.ensure(wanted)
    assert stopped.value.code == 1
    assert "pip could not install the packages" in capsys.readouterr().err
    assert not (wanted.folder / environments.STAMP).exists()


def find_python(tmp_path: Path, version: tuple[int, int], **env: str) -> subprocess.CompletedProcess[str]:
    """Run the search on a machine whose only Python says it is of the given version."""
    tools = tmp_path / "bin"
    tools.mkdir(exist_ok=True)
    fake = tools / "python3"
    condition = (3, 11) <= version <= (3, 14)
    fake.write_text(f"#!/bin/sh\nexit {0 if condition else 1}\n")
    fake.chmod(0o755)
    shell = shutil.which("sh")
    assert shell
    return subprocess.run(
        [shell, str(ROOT / "scripts" / "find-python")],
        cwd=tmp_path,
        env={"PATH": str(tools), **env},
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_fitting_python_is_found(tmp_path: Path) -> None:
    found = find_python(tmp_path, (3, 12))
    assert (found.returncode, found.stdout.strip()) == (0, str(tmp_path / "bin" / "python3"))


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "Plumbline needs Python 3.11, 3.12, 3.13 or 3.14"),
        ({"PYTHON": "python3"}, "PYTHON=python3 is not a Python from 3.11 to 3.14"),
    ],
)
def test_no_fitting_python_is_one_sentence(tmp_path: Path, env: dict[str, str], said: str) -> None:
    found = find_python(tmp_path, (3, 9), **env)
    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.startswith(said)
    assert len(found.stderr.splitlines()) == 1


def test_every_make_target_that_users_call_is_in_the_help() -> None:
    listed = subprocess.run(
        ["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ}
    )
    for target in (
        "run",
        "test",
        "build",
        "deploy",
        "check",
        "format",
        "clean",
        "bench",
        "local-api",
        "local-invoke",
    ):
        assert f"make {target} " in listed.stdout
