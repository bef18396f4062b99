"""Findings as they stand in an item: its attribute ``alerts``, and what reads it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from plumbline.models import Evidence, Finding
from plumbline.storage.numbers import write_number
from plumbline.storage.sizes import item_bytes, number_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Item = dict[str, AttributeValueTypeDef]

EXPIRES = "expires_at"
_MAY_BE_ABSENT = ("lower_fence", "upper_fence", "p5", "p95")  # of evidence
_COLLECTION_BYTES = 3  # of a list or a map, and one for each entry


def write_findings(findings: Iterable[Finding], ends: str | None = None) -> tuple[AttributeValueTypeDef, int]:
    """Findings in wire form, and the size of that.

    ``ends`` is when their interaction is gone, in seconds since 1970: the index of alerts has no other attribute
    of it, so the first finding says it.

    Raises:
        ValueError: a number that cannot be kept.
    """
    entries: list[AttributeValueTypeDef] = []
    size = _COLLECTION_BYTES
    for finding in findings:
        entry, entry_size = (_entry if finding.baseline is None else _make_entry)(finding)
        if ends is not None and not entries:
            entry = {"M": {**entry["M"], EXPIRES: {"N": ends}}}
            entry_size += 1 + len(EXPIRES) + number_bytes(ends)
        entries.append(entry)
        size += entry_size
    return {"L": entries}, size


def findings_end(item: Mapping[str, Any]) -> int | None:
    """When the interaction of an item that raises something is gone, in seconds since 1970; None for never."""
    end = item["alerts"]["L"][0]["M"].get(EXPIRES)
    return int(end["N"]) if end else None


def read_findings(item: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What an item raises, of the table, its stream or the index of alerts."""
    if "alerts" not in item:
        return ()
    return tuple(_read_finding(entry["M"]) for entry in item["alerts"]["L"])


def _make_entry(finding: Finding) -> tuple[AttributeValueTypeDef, int]:
    """A finding in wire form, and its size as one of a list."""
    entry: Item = {
        "rule": {"N": str(finding.rule)},
        "type": {"S": finding.alert_type},
        "element": {"S": finding.element},
        "metric": {"S": finding.metric},
        "direction": {"S": finding.direction},
        "bound": {"N": write_number(finding.bound)},
    }
    if finding.severity != "warning":  # most are, and so are those that were kept before there were others
        entry["severity"] = {"S": finding.severity}
    entry["value"] = {"N": write_number(finding.value)}
    if finding.baseline is not None:
        entry["baseline"] = {"M": _write_evidence(finding.baseline)}
    return {"M": entry}, _COLLECTION_BYTES + 1 + len(entry) + item_bytes(entry)


# Many interactions cross a threshold by the same value; the bound of an outlier is hardly ever met again.
_entry = lru_cache(maxsize=4096)(_make_entry)


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
