"""`make local-engine`: DynamoDB and S3 for `sam local`, with the template's tables and bucket, until Ctrl-C.

    python -m scripts.local_stack.engine [--port 4567] [--host 0.0.0.0] [--state .local/engine]

A container reaches this machine by its network address, so it listens on all of them.
"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from samcli.yamlhelper import yaml_parse

from scripts.environments import EMULATOR, LOCAL, ROOT, ensure
from scripts.keys import first_key
from scripts.local_stack.__main__ import check_ports, only_one
from scripts.local_stack.emulator import Addresses, Emulator
from scripts.local_stack.steps import CREDENTIAL, REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

# `sam local` resolves a reference to a table as its logical id, and the pseudo parameters to these.
BUCKET = f"local-uploads-123456789012-{REGION}"
KEYS = "KeysTable"
OF_CREATE_TABLE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def main() -> None:
    """Parse the command line, serve until told to stop."""
    parser = argparse.ArgumentParser(prog="make local-engine", description="DynamoDB and S3 for sam local")
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104 - containers call
    parser.add_argument("--port", type=int, default=4567, help="port to listen on")
    parser.add_argument("--state", type=Path, default=LOCAL / "engine", help="folder of the data")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        run(Addresses(options.host, options.port), options.state.resolve())
    except KeyboardInterrupt:
        print("\nStopped. The data is kept.", flush=True)


def run(addresses: Addresses, state: Path) -> None:
    """Start the engine, make what the template names, wait.

    Raises:
        SystemExit: something stands in the way; a plain sentence has said what and what to do.
        KeyboardInterrupt: told to stop.
    """
    with only_one(state, addresses):
        check_ports(addresses)
        ensure(EMULATOR)
        with Emulator(addresses, state, "local") as emulator:
            create_all(addresses.stack_port)
            # `sam local` resolves the table's reference, too, as its logical id.
            about = first_key.welcome(addresses.stack_port, {KEYS: KEYS}, state, another="")
            print(f"DynamoDB and S3 for `sam local` answer on http://127.0.0.1:{addresses.stack_port}", flush=True)
            print(
                f"Tables {', '.join(tables())}; bucket {BUCKET}. Ctrl-C stops them and keeps the data.", flush=True
            )
            print(f"{about.said}\nWhat curl needs:\n{about.export}", flush=True)
            emulator.wait()
        emulator.complain()


def create_all(port: int) -> None:
    """Make the tables and the bucket, where they are not there already."""
    session = boto3.Session(aws_access_key_id=CREDENTIAL, aws_secret_access_key=CREDENTIAL, region_name=REGION)
    direct = Config(proxies={})
    dynamodb: DynamoDBClient = session.client("dynamodb", endpoint_url=f"http://127.0.0.1:{port}", config=direct)
    s3: S3Client = session.client("s3", endpoint_url=f"http://127.0.0.1:{port}", config=direct)
    there = set(dynamodb.list_tables()["TableNames"])
    for name, properties in tables().items():
        if name not in there:
            dynamodb.create_table(TableName=name, **properties)
    if BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    # What events/imports-upload.json tells of.
    s3.put_object(Bucket=BUCKET, Key="uploads/sample.csv", Body=(ROOT / "events" / "sample.csv").read_bytes())


def tables() -> dict[str, dict[str, Any]]:
    """The template's tables by logical id, each as CreateTable takes it."""
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    return {
        name: {part: resource["Properties"][part] for part in OF_CREATE_TABLE if part in resource["Properties"]}
        for name, resource in resources.items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


if __name__ == "__main__":
    main()
