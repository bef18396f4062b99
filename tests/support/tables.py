"""The stack's tables and bucket for a test, built from ``template.yaml`` itself."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml  # type: ignore[import-untyped]
from plumbline.settings import Settings

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_OF_CREATE_TABLE = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


class _TemplateLoader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML with CloudFormation's short functions, which are read as their arguments."""


def _argument(loader: _TemplateLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_TemplateLoader.add_multi_constructor("!", _argument)


@cache
def template() -> dict[str, Any]:
    """The template as plain data."""
    loaded = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_TemplateLoader)
    assert isinstance(loaded, dict)
    return loaded


@dataclass(frozen=True, slots=True)
class Stack:
    """Tables and a bucket that no other test uses."""

    interactions: str
    baselines: str
    imports: str
    bucket: str
    keys: str

    @classmethod
    def create(cls, clients: Clients) -> Stack:
        name = f"test-{secrets.token_hex(6)}"
        tables = (f"{name}-interactions", f"{name}-baselines", f"{name}-imports")
        stack = cls(*tables, bucket=f"{name}-uploads", keys=f"{name}-keys")
        for table, resource in stack._tables().items():
            properties = template()["Resources"][resource]["Properties"]
            wanted = {part: properties[part] for part in _OF_CREATE_TABLE if part in properties}
            clients.dynamodb.create_table(TableName=table, **wanted)
        region = clients.s3.meta.region_name
        clients.s3.create_bucket(
            Bucket=stack.bucket,
            CreateBucketConfiguration={"LocationConstraint": region},  # type: ignore[typeddict-item]
        )
        versioning = template()["Resources"]["UploadsBucket"]["Properties"]["VersioningConfiguration"]
        clients.s3.put_bucket_versioning(Bucket=stack.bucket, VersioningConfiguration=versioning)
        return stack

    def delete(self, clients: Clients) -> None:
        for table in self._tables():
            clients.dynamodb.delete_table(TableName=table)

    def settings(self, **changes: Any) -> Settings:
        return Settings(
            interactions_table=self.interactions,
            baselines_table=self.baselines,
            imports_table=self.imports,
            uploads_bucket=self.bucket,
            keys_table=self.keys,
            **changes,
        )

    def _tables(self) -> dict[str, str]:
        return {
            self.interactions: "InteractionsTable",
            self.baselines: "BaselinesTable",
            self.imports: "ImportsTable",
            self.keys: "KeysTable",
        }


def scan(clients: Clients, table: str) -> list[dict[str, Any]]:
    """Every item of a table, in wire form."""
    pages = clients.dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [dict(item) for page in pages for item in page["Items"]]
