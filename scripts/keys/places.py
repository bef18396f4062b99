"""Where a table of keys is: on this machine's running stack, or in the account that a stack was deployed to."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from plumbline.storage.keys import KeyStore

from scripts.environments import ROOT, stop
from scripts.local_stack.steps import CREDENTIAL, REGION

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = "KeysTable"


def local(state: Path) -> KeyStore:
    """The keys of the local stack that runs with this data.

    Raises:
        SystemExit: none runs.
    """
    try:
        described = json.loads((state / "ready.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        stop(
            "No local stack runs: start it with `make run` and try again. For a stack in your AWS account say "
            "which: CONFIG=default, or CONFIG=prod."
        )
    return at(described["endpoint"], described[OUTPUT])


def at(endpoint: str, table: str) -> KeyStore:
    """The keys in a table of the local AWS."""
    session = boto3.Session(aws_access_key_id=CREDENTIAL, aws_secret_access_key=CREDENTIAL, region_name=REGION)
    return KeyStore(session.client("dynamodb", endpoint_url=endpoint, config=Config(proxies={})), table)


def deployed(config: str) -> KeyStore:
    """The keys of the stack that a section of samconfig.toml deploys.

    Raises:
        SystemExit: there is no such section or stack, or no credentials to look with.
    """
    name, region = stack_of(config)
    try:
        session = boto3.Session(region_name=region)
        if session.region_name is None:
            stop("No AWS region is known: set AWS_REGION, or name it in samconfig.toml.")
        (stack,) = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        if OUTPUT not in outputs:
            stop(
                f"The stack {name} knows no API keys yet: deploy this version with `make deploy CONFIG={config}`."
            )
        return KeyStore(session.client("dynamodb"), outputs[OUTPUT])
    except (BotoCoreError, ClientError) as error:
        stop(f"The stack {name} cannot be looked at: {error}. Are your AWS credentials, profile and region right?")


def stack_of(config: str) -> tuple[str, str | None]:
    """The stack's name and region in a section of samconfig.toml; without a region AWS's own settings say it.

    Raises:
        SystemExit: there is no such section.
    """
    with (ROOT / "samconfig.toml").open("rb") as file:
        sections = tomllib.load(file)
    if config not in sections or config == "local":
        known = ", ".join(name for name in sections if name not in {"version", "local"})
        stop(f"samconfig.toml has no section {config!r} that is deployed: name one of {known}.")
    places: list[dict[str, Any]] = [
        sections[config].get(part, {}).get("parameters", {}) for part in ("deploy", "global")
    ]
    found = {key: value for place in reversed(places) for key, value in place.items()}
    return found["stack_name"], found.get("region")
