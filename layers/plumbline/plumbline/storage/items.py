"""Interactions as items of the table, in the wire form of the low-level client, and back.

An item has ``id``, ``shard``, ``at`` (its feed key), ``alerts`` and ``alerting`` (only where there are any),
``import_id`` and ``claim`` (only from an import) and ``expires_at`` (only where it is not kept for ever). What
makes it long is kept in the form that costs the fewest write units:

- ``metrics`` is a map of numbers, ``input``, ``output`` and ``metadata`` (JSON) are texts: if all fit one unit;
- else ``measured`` holds the metrics packed;
- and where that saves a unit, ``texts`` holds input, output and metadata packed;
- or ``texts_at`` is the key of an S3 object that holds them, where the item would be too big.

The latter two come with ``texts_bytes``, the size of the three before they were packed.

An S3 object belongs to one form of one interaction: its key is made from the interaction's id, its import's and
what is in it. So an object can be removed when its item is replaced: whoever writes another item at that moment
has another object.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from plumbline.errors import PayloadTooLarge
from plumbline.models import Interaction
from plumbline.storage.findings import EXPIRES, findings_end, read_findings, write_findings
from plumbline.storage.measures import read_measures, write_map, write_packed
from plumbline.storage.positions import feed_key, feed_time, shard_of
from plumbline.storage.sizes import WRITE_UNIT_BYTES, item_bytes, number_bytes, text_bytes, write_units
from plumbline.storage.texts import Body, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

LARGEST_ITEM = 390_000
"""Items over this many bytes keep their texts in S3: DynamoDB's 400 KB less a margin."""
TEXTS_PREFIX = "texts/"
_DIGITS = 32

# The names of attributes count as well.
_TEXT_NAMES_BYTES = len("input") + len("output")
_HEAD_NAMES_BYTES = len("id") + len("shard") + len("at")
_ALERT_NAMES_BYTES = len("alerting") + len("alerts")


class Written(NamedTuple):
    """An item, its size, and the S3 object that must be there before it (None where it needs none)."""

    item: Item
    size: int
    s3_object: tuple[str, bytes] | None = None


def write_interaction(interaction: Interaction) -> Written:
    """An interaction in the form that is cheapest to keep.

    Raises:
        PayloadTooLarge: metrics and alerts alone are more than an item can hold.
        ValueError: a number that cannot be kept, or metadata that is not JSON.
    """
    body = Body(interaction.input, interaction.output, _metadata_json(interaction.metadata))
    item, head_size = _head(interaction)
    plain: Item = {"input": {"S": body.input}, "output": {"S": body.output}}
    names_size = _TEXT_NAMES_BYTES
    if body.metadata:
        plain["metadata"] = {"S": body.metadata}
        names_size += len("metadata")
    texts_size = sum(map(text_bytes, body))
    rest = head_size + names_size + texts_size
    if _map_may_fit(interaction.metrics, WRITE_UNIT_BYTES - rest):
        readable: Item = {"metrics": write_map(interaction.metrics)}
        size = rest + item_bytes(readable)
        if size <= WRITE_UNIT_BYTES:
            return Written({**item, **readable, **plain}, size)

    measured = write_packed(interaction.metrics)
    item["measured"] = {"B": measured}
    head_size += len("measured") + len(measured)
    plain_size = head_size + names_size + texts_size
    if plain_size <= WRITE_UNIT_BYTES:
        return Written({**item, **plain}, plain_size)

    packed = pack(body)
    original: Item = {"texts_bytes": {"N": str(texts_size)}}
    original_size = item_bytes(original)
    size = head_size + len("texts") + len(packed) + original_size
    if plain_size <= LARGEST_ITEM and write_units(size) >= write_units(plain_size):
        return Written({**item, **plain}, plain_size)
    if size <= LARGEST_ITEM:
        return Written({**item, "texts": {"B": packed}, **original}, size)

    key = _texts_key(interaction, packed)
    size = head_size + len("texts_at") + len(key) + original_size
    if size > LARGEST_ITEM:
        raise PayloadTooLarge(
            "the metrics of this interaction are more than can be kept; send fewer or shorter names"
        )
    return Written({**item, "texts_at": {"S": key}, **original}, size, (key, packed))


def read_interaction(item: Mapping[str, Any], fetched: bytes | None = None) -> Interaction:
    """The inverse of :func:`write_interaction`; ``fetched`` is what :func:`texts_key` names."""
    packed = fetched if fetched is not None else item["texts"]["B"] if "texts" in item else None
    if packed is not None:
        body = unpack(packed)
    else:
        body = Body(_text(item, "input"), _text(item, "output"), _text(item, "metadata"))
    return Interaction(
        id=int(item["id"]["N"]),
        input=body.input,
        output=body.output,
        created_at=feed_time(item["at"]["S"]),
        metrics=read_metrics(item),
        findings=read_findings(item),
        metadata=json.loads(body.metadata) if body.metadata else {},
        import_id=int(item["import_id"]["N"]) if "import_id" in item else None,
        expires_at=datetime.fromtimestamp(int(item[EXPIRES]["N"]), UTC) if EXPIRES in item else None,
        claim=int(item["claim"]["N"]) if "claim" in item else None,
    )


def read_metrics(item: Mapping[str, Any]) -> dict[str, float]:
    """What was measured, of an item of the table or of an image in its stream."""
    return read_measures(item)


def is_interaction(item: Mapping[str, Any], now: float) -> bool:
    """Whether an item of the table, or of one of its indexes, is an interaction that is there.

    The sequence, idempotency keys and claims are below 1, and one that was removed has no place in the feed. One
    that has expired counts as gone, though DynamoDB may take days to remove it.
    """
    if int(item["id"]["N"]) <= 0 or "at" not in item:
        return False
    if EXPIRES in item:
        return int(item[EXPIRES]["N"]) > now
    end = findings_end(item) if "alerts" in item else None
    return end is None or end > now


def texts_key(item: Mapping[str, Any]) -> str | None:
    """The key of the S3 object with the item's texts, if that is where they are."""
    return str(item["texts_at"]["S"]) if "texts_at" in item else None


def read_size(item: Mapping[str, Any]) -> int:
    """About how many bytes the interaction has when it is read: of its texts in UTF-8 and all else."""
    stored = item_bytes(item)
    if "texts_bytes" not in item:
        return stored
    packed = len(item["texts"]["B"]) if "texts" in item else 0
    return stored - packed + int(item["texts_bytes"]["N"])


def _map_may_fit(metrics: Mapping[str, float], room: int) -> bool:
    """Whether a map of these may fit: an entry is a byte, its name, and two bytes for its number at the least."""
    room -= 3 * len(metrics)
    return room >= 0 and sum(map(len, metrics)) <= room


def _head(interaction: Interaction) -> tuple[Item, int]:
    """What stands in every item, and its size."""
    number, shard = str(interaction.id), str(shard_of(interaction.id))
    at = feed_key(interaction.created_at, interaction.id)
    item: Item = {"id": {"N": number}, "shard": {"N": shard}, "at": {"S": at}}
    shard_size = number_bytes(shard)
    size = _HEAD_NAMES_BYTES + number_bytes(number) + shard_size + len(at)
    ends = None
    if interaction.expires_at is not None:
        ends = str(int(interaction.expires_at.timestamp()))
        item[EXPIRES] = {"N": ends}
        size += len(EXPIRES) + number_bytes(ends)
    if interaction.claim is not None:
        claim = str(interaction.claim)
        item["claim"] = {"N": claim}
        size += len("claim") + number_bytes(claim)
    if interaction.findings:
        item["alerting"] = {"N": shard}
        item["alerts"], alerts_size = write_findings(interaction.findings, ends)
        size += _ALERT_NAMES_BYTES + shard_size + alerts_size
    if interaction.import_id is not None:
        import_id = str(interaction.import_id)
        item["import_id"] = {"N": import_id}
        size += len("import_id") + number_bytes(import_id)
    return item, size


def texts_prefix(interaction_id: int) -> str:
    """What the keys of all S3 objects of an interaction begin with."""
    return f"{TEXTS_PREFIX}{interaction_id}/"


def _texts_key(interaction: Interaction, packed: bytes) -> str:
    digest = hashlib.sha256(str(interaction.import_id).encode() + b" " + packed).hexdigest()
    return texts_prefix(interaction.id) + digest[:_DIGITS]


def _metadata_json(metadata: Mapping[str, Any]) -> str:
    # Not orjson: it refuses whole numbers over 64 bits, which JSON allows and metadata may hold.
    return (
        json.dumps(dict(metadata), ensure_ascii=False, allow_nan=False, separators=(",", ":")) if metadata else ""
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    return item[name]["S"] if name in item else ""
