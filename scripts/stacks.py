"""A stack that runs: on this machine, or in the account that a section of samconfig.toml is deployed to."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from scripts.environments import ROOT, stop
from scripts.local_stack.deployment import stack_name
from scripts.local_stack.steps import CREDENTIAL, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# CloudWatch Logs takes few calls a second: the clients wait for their turn.
_CONFIG = Config(connect_timeout=5, read_timeout=120, retries={"mode": "adaptive", "total_max_attempts": 6})


@dataclass(frozen=True)
class RunningStack:
    """One stack: its name, its outputs, and clients of the AWS that it is in."""

    name: str
    outputs: Mapping[str, str]
    session: boto3.Session
    endpoint: str | None = None

    @property
    def is_local(self) -> bool:
        return self.endpoint is not None

    def client(self, service: str) -> Any:  # noqa: ANN401 - there are types for few services
        """A client of a service where the stack is."""
        make: Any = self.session.client
        # A proxy for the world is none for this machine.
        config = _CONFIG.merge(Config(proxies={})) if self.is_local else _CONFIG
        return make(service, endpoint_url=self.endpoint, config=config)

    def resources(self, kind: str) -> list[str]:
        """The names of the stack's resources of one type, like ``AWS::Logs::LogGroup``."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return [
            one["PhysicalResourceId"]
            for page in pages
            for one in page["StackResourceSummaries"]
            if one["ResourceType"] == kind
        ]


def running(config: str, state: Path) -> RunningStack:
    """The stack that a section of samconfig.toml deploys; where none is named, the local one with this data.

    Raises:
        SystemExit: there is none, or no credentials to look with; a plain sentence has said so.
    """
    return _deployed(config) if config else _local(state)


def _local(state: Path) -> RunningStack:
    try:
        described = json.loads((state / "ready.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        stop(
            "No local stack runs: start it with `make run` and try again. For a stack in your AWS account say "
            "which: CONFIG=default, or CONFIG=prod."
        )
    session = boto3.Session(aws_access_key_id=CREDENTIAL, aws_secret_access_key=CREDENTIAL, region_name=REGION)
    return RunningStack(stack_name(), described, session, described["endpoint"])


def _deployed(config: str) -> RunningStack:
    name, region = stack_of(config)
    try:
        session = boto3.Session(region_name=region)
        if session.region_name is None:
            stop("No AWS region is known: set AWS_REGION, or name it in samconfig.toml.")
        stack = RunningStack(name, {}, session)
        (found,) = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        stop(f"The stack {name} cannot be looked at: {error}. Are your AWS credentials, profile and region right?")
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    return replace(stack, outputs=outputs)


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
