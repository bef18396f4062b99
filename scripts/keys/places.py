"""Where a table of keys is: on this machine's running stack, or in the account that a stack was deployed to."""

from __future__ import annotations

from pathlib import Path

import boto3
from botocore.config import Config
from plumbline.storage.keys import KeyStore

from scripts.environments import stop
from scripts.local_stack.steps import CREDENTIAL, REGION
from scripts.stacks import running

OUTPUT = "KeysTable"


def local(state: Path) -> KeyStore:
    """The keys of the local stack that runs with this data.

    Raises:
        SystemExit: none runs.
    """
    stack = running("", state)
    assert stack.endpoint is not None
    return at(stack.endpoint, stack.outputs[OUTPUT])


def at(endpoint: str, table: str) -> KeyStore:
    """The keys in a table of the local AWS."""
    session = boto3.Session(aws_access_key_id=CREDENTIAL, aws_secret_access_key=CREDENTIAL, region_name=REGION)
    return KeyStore(session.client("dynamodb", endpoint_url=endpoint, config=Config(proxies={})), table)


def deployed(config: str) -> KeyStore:
    """The keys of the stack that a section of samconfig.toml deploys.

    Raises:
        SystemExit: there is no such section or stack, or no credentials to look with.
    """
    stack = running(config, Path())
    if OUTPUT not in stack.outputs:
        stop(
            f"The stack {stack.name} knows no API keys yet: "
            f"deploy this version with `make deploy CONFIG={config}`."
        )
    return KeyStore(stack.client("dynamodb"), stack.outputs[OUTPUT])
