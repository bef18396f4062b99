"""Interactions as items of the table, in the wire form of the low-level client, and back.

An item has ``id``, ``shard``, ``at`` (its feed key), ``alerts`` and ``alerting`` (only where there are any) and
``import_id`` (only from an import). What makes it long is kept in the form that costs the fewest write units:

- ``metrics`` is a map of numbers, ``input``, ``output`` and ``metadata`` (JSON) are texts: if all fit one unit;
- else ``measured`` holds the metrics packed;
- and where that saves a unit, ``texts`` holds input, output and metadata packed;
- or ``texts_at`` is the key of an S3 object that holds them, where the item would be too big.

The latter two come with ``texts_bytes``, the size of the three before they were packed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plumbline.errors import PayloadTooLarge
from plumbline.models import Evidence, Finding, Interaction
from plumbline.storage.measures import read_measures, write_map, write_packed
from plumbline.storage.numbers import write_number
from plumbline.storage.positions import feed_key, feed_time, shard_of
from plumbline.storage.sizes import WRITE_UNIT_BYTES, item_bytes, write_units
from plumbline.storage.texts import Body, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

LARGEST_ITEM = 390_000
"""Items over this many bytes keep their texts in S3: DynamoDB's 400 KB less a margin."""
_MAY_BE_ABSENT = ("lower_fence", "upper_fence", "p5", "p95")  # of evidence
TEXTS_PREFIX = "texts/"


@dataclass(frozen=True, slots=True)
class Written:
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
    item = _head(interaction)
    plain: Item = {"input": {"S": body.input}, "output": {"S": body.output}}
    if body.metadata:
        plain["metadata"] = {"S": body.metadata}
    head_size, body_size = item_bytes(item), item_bytes(plain)
    if head_size + body_size + _least_map_bytes(interaction.metrics) <= WRITE_UNIT_BYTES:
        readable: Item = {"metrics": write_map(interaction.metrics)}
        size = head_size + body_size + item_bytes(readable)
        if size <= WRITE_UNIT_BYTES:
            return Written({**item, **readable, **plain}, size)

    measured: Item = {"measured": write_packed(interaction.metrics)}
    item.update(measured)
    rest = head_size + item_bytes(measured)
    plain_size = rest + body_size
    if plain_size <= WRITE_UNIT_BYTES:
        return Written({**item, **plain}, plain_size)

    packed = pack(body)
    original: Item = {"texts_bytes": {"N": str(body_size - sum(map(len, plain)))}}
    small: Item = {"texts": {"B": packed}, **original}
    size = rest + item_bytes(small)
    if plain_size <= LARGEST_ITEM and write_units(size) >= write_units(plain_size):
        return Written({**item, **plain}, plain_size)
    if size <= LARGEST_ITEM:
        return Written({**item, **small}, size)

    key = f"{TEXTS_PREFIX}{interaction.id}"
    pointing: Item = {**item, "texts_at": {"S": key}, **original}
    size = item_bytes(pointing)
    if size > LARGEST_ITEM:
        raise PayloadTooLarge(
            "the metrics of this interaction are more than can be kept; send fewer or shorter names"
        )
    return Written(pointing, size, (key, packed))


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
    )


def read_metrics(item: Mapping[str, Any]) -> dict[str, float]:
    """What was measured, of an item of the table or of an image in its stream."""
    return read_measures(item)


def read_findings(item: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What an item raises, of the table, its stream or the index of alerts."""
    if "alerts" not in item:
        return ()
    return tuple(_read_finding(entry["M"]) for entry in item["alerts"]["L"])


def is_interaction(item: Mapping[str, Any]) -> bool:
    """Whether an item of the table is an interaction; the sequence, idempotency keys and claims are below 1."""
    return int(item["id"]["N"]) > 0


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


def _least_map_bytes(metrics: Mapping[str, float]) -> int:
    """What a map of these metrics takes at the least: a byte an entry, its name, and two for its number."""
    return 3 * len(metrics) + sum(map(len, metrics))


def _head(interaction: Interaction) -> Item:
    shard = str(shard_of(interaction.id))
    item: Item = {
        "id": {"N": str(interaction.id)},
        "shard": {"N": shard},
        "at": {"S": feed_key(interaction.created_at, interaction.id)},
    }
    if interaction.findings:
        item["alerting"] = {"N": shard}
        item["alerts"] = {"L": [{"M": _write_finding(finding)} for finding in interaction.findings]}
    if interaction.import_id is not None:
        item["import_id"] = {"N": str(interaction.import_id)}
    return item


def _write_finding(finding: Finding) -> Item:
    entry: Item = {
        "rule": {"N": str(finding.rule)},
        "type": {"S": finding.alert_type},
        "element": {"S": finding.element},
        "metric": {"S": finding.metric},
        "value": {"N": write_number(finding.value)},
        "direction": {"S": finding.direction},
        "bound": {"N": write_number(finding.bound)},
    }
    if finding.baseline is not None:
        entry["baseline"] = {"M": _write_evidence(finding.baseline)}
    if finding.severity != "warning":  # most are, and so are those that were kept before there were others
        entry["severity"] = {"S": finding.severity}
    return entry


def _write_evidence(evidence: Evidence) -> Item:
    entry: Item = {
        "median": {"N": write_number(evidence.median)},
        "count": {"N": str(evidence.count)},
        "z": {"N": write_number(evidence.z)},
        "tail": {"N": write_number(evidence.tail)},
    }
    for name in _MAY_BE_ABSENT:
        value = getattr(evidence, name)
        if value is not None:
            entry[name] = {"N": write_number(value)}
    return entry


def _read_finding(entry: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=int(entry["rule"]["N"]),
        alert_type=entry["type"]["S"],
        element=entry["element"]["S"],
        metric=entry["metric"]["S"],
        value=float(entry["value"]["N"]),
        direction=entry["direction"]["S"],
        bound=float(entry["bound"]["N"]),
        baseline=_read_evidence(entry["baseline"]["M"]) if "baseline" in entry else None,
        severity=entry["severity"]["S"] if "severity" in entry else "warning",
    )


def _read_evidence(entry: Mapping[str, Any]) -> Evidence:
    return Evidence(
        median=float(entry["median"]["N"]),
        count=int(entry["count"]["N"]),
        z=float(entry["z"]["N"]),
        tail=float(entry["tail"]["N"]),
        **{name: float(entry[name]["N"]) if name in entry else None for name in _MAY_BE_ABSENT},
    )


def _metadata_json(metadata: Mapping[str, Any]) -> str:
    # Not orjson: it refuses whole numbers over 64 bits, which JSON allows and metadata may hold.
    return (
        json.dumps(dict(metadata), ensure_ascii=False, allow_nan=False, separators=(",", ":")) if metadata else ""
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    return item[name]["S"] if name in item else ""
