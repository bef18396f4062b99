"""Building the project and deploying it onto the local AWS, each only when what it is made from has changed."""

from __future__ import annotations

import fcntl
import hashlib
import platform
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from scripts.environments import LOCAL, ROOT, holding
from scripts.local_stack.steps import CREDENTIAL, REGION, local_environment, step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BUILD = LOCAL / "build"
SAM = [sys.executable, "-m", "samcli"]
CONFIG = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
LAYER_SOURCES = ("layers/plumbline",)
STACK_SOURCES = ("template.yaml", "samconfig.toml", "functions")
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


def stack_name() -> str:
    """The local stack's name, from samconfig.toml."""
    name: str = _samconfig()["global"]["parameters"]["stack_name"]
    return name


def build() -> str:
    """Build with `sam build` for this machine's Python and processor, where sources have changed.

    Returns:
        What identifies the build: it changes when a source does.
    """
    layer, whole = fingerprint(LAYER_SOURCES), fingerprint((*LAYER_SOURCES, *STACK_SOURCES))
    stamp = BUILD / "fingerprint"
    BUILD.mkdir(parents=True, exist_ok=True)
    with holding(LOCAL / "build.lock", fcntl.LOCK_EX):
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == whole:
            return whole
        stamp.unlink(missing_ok=True)
        command = [*SAM, "build", *CONFIG, "--build-dir", str(BUILD / "artifacts")]
        command += ["--cached", "--cache-dir", str(BUILD / "cache" / layer), *parameters()]
        env = local_environment() | {"LAYER_NATIVE": "1", "PYTHON": sys.executable}
        step(
            "Building the functions and their layer (sam build)",
            command,
            "build",
            env,
            "sam could not build the project.",
        )
        stamp.write_text(whole, encoding="utf-8")
    return whole


def deploy(stack_port: int, built: str, state: Path, further: Sequence[str] = ()) -> None:
    """Deploy the build with `sam deploy` and further parameters, where it is not what stands there already."""
    stamp = state / "deployed"
    overrides = [*parameters(), *further]
    wanted = f"{built} {' '.join(overrides)}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and outputs(stack_port):
        return
    stamp.unlink(missing_ok=True)
    command = [*SAM, "deploy", *CONFIG, "--template-file", str(BUILD / "artifacts" / "template.yaml")]
    # A build that another stack needs meanwhile would take away what is deployed here.
    with holding(LOCAL / "build.lock", fcntl.LOCK_SH):
        step(
            "Deploying the stack (sam deploy)",
            [*command, *overrides],
            "deploy",
            local_environment(stack_port),
            "sam could not deploy the project.",
        )
    stamp.write_text(wanted, encoding="utf-8")


def outputs(stack_port: int) -> dict[str, str]:
    """The deployed stack's outputs; empty where there is no stack."""
    client = boto3.client(
        "cloudformation",
        endpoint_url=f"http://127.0.0.1:{stack_port}",
        region_name=REGION,
        aws_access_key_id=CREDENTIAL,
        aws_secret_access_key=CREDENTIAL,
        config=Config(retries={"max_attempts": 2}, proxies={}),
    )
    try:
        (stack,) = client.describe_stacks(StackName=stack_name())["Stacks"]
    except client.exceptions.ClientError:
        return {}
    if stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return {}
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def parameters() -> list[str]:
    """The local stack's parameters from samconfig.toml, and the runtime that there is.

    MiniStack runs functions with the Python that it runs in itself, whatever their runtime is called.
    """
    runtime = "PythonRuntime=python{}.{}".format(*sys.version_info[:2])
    architecture = f"Architecture={ARCHITECTURES.get(platform.machine().lower(), 'x86_64')}"
    own: list[str] = _samconfig()["deploy"]["parameters"]["parameter_overrides"]
    return ["--parameter-overrides", *own, runtime, architecture]


def fingerprint(sources: Sequence[str]) -> str:
    """A hash over files' names and contents, bytecode left out, and over the Python that builds them."""
    digest = hashlib.sha256(sys.version.encode())
    for source in sources:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                digest.update(f"{file.relative_to(ROOT)} {content}\n".encode())
    return digest.hexdigest()


def _samconfig() -> dict[str, Any]:
    with (ROOT / "samconfig.toml").open("rb") as file:
        local: dict[str, Any] = tomllib.load(file)["local"]
    return local
