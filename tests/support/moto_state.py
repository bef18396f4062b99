"""All that moto keeps, copied, so that a test can go on from one state again and again."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.s3.models import s3_backends

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients


def is_moto(clients: Clients) -> bool:
    """Whether DynamoDB is moto's."""
    return "amazonaws" in clients.dynamodb.meta.endpoint_url


@dataclass(frozen=True, slots=True)
class MotoState:
    """Tables and buckets as they stood. It can be put back once: what happens then happens to this copy."""

    region: str
    tables: Any
    buckets: Any

    @classmethod
    def of(cls, clients: Clients) -> MotoState:
        """A copy of how they stand now."""
        region = clients.dynamodb.meta.region_name
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables
        buckets = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets
        return cls(region, copy.deepcopy(tables), copy.deepcopy(buckets))

    def put_back(self) -> None:
        """Let moto go on from this state."""
        dynamodb_backends[DEFAULT_ACCOUNT_ID][self.region].tables = self.tables
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets = self.buckets
