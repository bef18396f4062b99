"""`make local-api` and `make local-invoke`: the functions in Lambda's own runtime, in containers, by `sam local`.

    python -m scripts.local_stack.sam_local start-api [--port 3000] [further options of sam local start-api]
    python -m scripts.local_stack.sam_local invoke events/alerts-list.json [further options of sam local invoke]

Builds for Lambda's default Python and this machine's processor, finds out how a container reaches this machine,
and becomes the `sam local` command that it prints. The tables are those of `make local-engine`.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import socket
import sys
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound

from scripts.environments import LOCAL, ROOT, stop
from scripts.keys import keyfile
from scripts.local_stack.deployment import ARCHITECTURES, SAM, fingerprint
from scripts.local_stack.steps import REGION, step

BUILD = LOCAL / "sam-local"
ENGINE = LOCAL / "engine"
VARIABLES = ROOT / "events" / "variables" / "sam-local.json"
USUAL_PORT = "4567"
RUNTIME = os.environ.get("PYTHON_RUNTIME") or "python3.13"


def main() -> None:
    """Check, build, and become `sam local`."""
    action, *rest = sys.argv[1:] or [""]
    if action not in {"start-api", "invoke"}:
        stop("Say start-api or invoke: make local-api, or make local-invoke EVENT=events/alerts-list.json")
    own = function_and_event(rest.pop(0) if rest else "") if action == "invoke" else []
    architecture = ARCHITECTURES.get(platform.machine().lower(), "x86_64")
    pulled = image_is_here(architecture)
    build(architecture)
    command = [*SAM, "local", action, *own, "--template", str(BUILD / "artifacts" / "template.yaml")]
    command += ["--parameter-overrides", f"PythonRuntime={RUNTIME} Architecture={architecture}"]
    command += ["--env-vars", str(variables()), "--region", REGION]
    command += ["--add-host", f"host.docker.internal:{own_address()}"]
    command += ["--skip-pull-image"] if pulled else []
    # Containers stay for the next call, as Lambda's do.
    command += ["--warm-containers", "LAZY"] if action == "start-api" else []
    command += rest
    print(f"sam {shlex.join(command[len(SAM) :])}", flush=True)
    os.execve(command[0], command, environment())  # noqa: S606 - no shell


def function_and_event(event: str) -> list[str]:
    """The function that an event file is for, which its name begins with, and the option that names the file.

    Raises:
        SystemExit: there is no such file.
    """
    events = sorted(path.name for path in (ROOT / "events").glob("*-*.json"))
    if Path(event).name not in events:
        stop(f"There is no event {event!r}. There are: {', '.join(f'events/{name}' for name in events)}")
    function = Path(event).name.partition("-")[0].capitalize() + "Function"
    return [function, "--event", str(with_key(ROOT / "events" / Path(event).name))]


def with_key(event: Path) -> Path:
    """The event, with the key that `make local-engine` made, where it is a request without one."""
    content = json.loads(event.read_text(encoding="utf-8"))
    key = keyfile.key_for("http://127.0.0.1", state=ENGINE)
    if "headers" not in content or key is None:
        return event
    content["headers"] = {"authorization": f"Bearer {key}", **content["headers"]}
    changed = BUILD / "event.json"
    BUILD.mkdir(parents=True, exist_ok=True)
    changed.unlink(missing_ok=True)
    with open(os.open(changed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(content, file)
    return changed


def image_is_here(architecture: str) -> bool:
    """Whether the container engine has the runtime's image already; if not, sam pulls it.

    Raises:
        SystemExit: there is no container engine.
    """
    try:
        engine = docker.from_env()
        engine.ping()
    except DockerException:
        stop(
            "sam local runs the functions in containers: start Docker, or set DOCKER_HOST to an engine like it, "
            "and try again."
        )
    try:
        engine.images.get(f"public.ecr.aws/lambda/python:{RUNTIME.removeprefix('python')}-{architecture}")
    except ImageNotFound:
        return False
    finally:
        engine.close()
    return True


def build(architecture: str) -> None:
    """Build for the containers, where sources have changed."""
    wanted = f"{RUNTIME} {architecture} {fingerprint(('layers/plumbline', 'template.yaml'))}"
    stamp = BUILD / "fingerprint"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    command = [*SAM, "build", "--build-dir", str(BUILD / "artifacts"), "--region", REGION]
    command += ["--parameter-overrides", f"PythonRuntime={RUNTIME} Architecture={architecture}"]
    env = environment() | {"PYTHON": sys.executable, "PYTHON_RUNTIME": RUNTIME, "ARCHITECTURE": architecture}
    step(
        "Building the functions and their layer (sam build)",
        command,
        "build-sam-local",
        env,
        "sam could not build.",
    )
    stamp.write_text(wanted, encoding="utf-8")


def variables() -> Path:
    """The file of the functions' variables, with ENGINE_PORT where the engine is not on its usual port."""
    port = os.environ.get("ENGINE_PORT") or USUAL_PORT
    if port == USUAL_PORT:
        return VARIABLES
    changed = BUILD / f"variables-{port}.json"
    changed.write_text(
        VARIABLES.read_text(encoding="utf-8").replace(f":{USUAL_PORT}", f":{port}"), encoding="utf-8"
    )
    return changed


def own_address() -> str:
    """The network address by which containers of every engine reach the machine that runs them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a datagram socket sends nothing; it only chooses the interface. The address is RFC 5737's.
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return "172.17.0.1"  # no network: Docker's own bridge
        return str(probe.getsockname()[0])


def environment() -> dict[str, str]:
    """The environment without any account: the functions get no credentials that open something."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return mine | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "SAM_CLI_TELEMETRY": "0"}


if __name__ == "__main__":
    main()
