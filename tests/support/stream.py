"""Records of the interactions table's stream, as Lambda hands them on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from plumbline.storage.items import write_interaction

if TYPE_CHECKING:
    from plumbline.models import Interaction

DAY = 1_767_312_000  # 2026-01-02T00:00:00Z


def record(one: Interaction, *, at: float = DAY, name: str = "INSERT", sequence: int = 0) -> dict[str, Any]:
    """The stream's record of an interaction that was inserted ``at`` a Unix time."""
    item = write_interaction(one).item
    return {
        "eventID": hashlib.md5(f"{one.id} {name} {sequence}".encode(), usedforsecurity=False).hexdigest(),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": {
            "ApproximateCreationDateTime": at,
            "Keys": {"id": item["id"]},
            "NewImage": item,
            "SequenceNumber": f"{sequence:021d}",
            "SizeBytes": 300,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-central-1:000000000000:table/t/stream/2026-01-01T00:00:00.000",
    }
