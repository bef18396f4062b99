"""The chunks of imports as items of the table, in the wire form of the low-level client, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.storage.items import Item


class Place(NamedTuple):
    """A place between two records of a file: the offset in bytes, and the row and line that come next."""

    byte: int
    row: int
    line: int


@dataclass(frozen=True, slots=True)
class PlannedChunk:
    """A part of a file, numbered from 1. What lies between ``start`` and ``end`` never changes.

    ``careful`` says that whoever reads it has to look ahead behind its end. ``first_id`` and ``count`` are the ids
    reserved for its rows, ``rejected`` how many rows could not be used, once it is ``done``.
    """

    number: int
    start: Place
    end: Place
    careful: bool = False
    first_id: int | None = None
    count: int | None = None
    rejected: int = 0
    done: bool = False


def chunk_part(number: int) -> str:
    """The sort key of a chunk."""
    return f"chunk#{number:06d}"


def chunk_key(import_id: int, number: int) -> Item:
    """The key of a chunk."""
    return {"id": {"N": str(import_id)}, "part": {"S": chunk_part(number)}}


def write_chunk(import_id: int, chunk: PlannedChunk) -> dict[str, Any]:
    """A chunk as it is planned."""
    item: dict[str, Any] = {
        **chunk_key(import_id, chunk.number),
        "start": _write_place(chunk.start),
        "end": _write_place(chunk.end),
    }
    if chunk.careful:
        item["careful"] = {"BOOL": True}
    return item


def read_chunk(item: Mapping[str, Any]) -> PlannedChunk:
    """A chunk from its item."""
    return PlannedChunk(
        number=int(item["part"]["S"].partition("#")[2]),
        start=_read_place(item["start"]),
        end=_read_place(item["end"]),
        careful="careful" in item,
        first_id=int(item["first_id"]["N"]) if "first_id" in item else None,
        count=int(item["count"]["N"]) if "count" in item else None,
        rejected=int(item["rejected"]["N"]) if "rejected" in item else 0,
        done="done" in item,
    )


def _write_place(place: Place) -> dict[str, Any]:
    return {"L": [{"N": str(figure)} for figure in place]}


def _read_place(written: Mapping[str, Any]) -> Place:
    byte, row, line = (int(figure["N"]) for figure in written["L"])
    return Place(byte, row, line)
