"""Which uploads an event of S3 tells of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote_plus

from plumbline.imports.identity import filename, import_id, is_upload
from plumbline.models import Import
from plumbline.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of an object in the bucket. ``version`` is empty where the bucket keeps none."""

    bucket: str
    key: str
    version: str
    uploaded_at: datetime

    @property
    def import_id(self) -> int:
        return import_id(self.bucket, self.key, self.version)

    def new_import(self) -> Import:
        """The upload's import, before anything is done about it."""
        return Import(
            id=self.import_id,
            bucket=self.bucket,
            key=self.key,
            version=self.version,
            filename=filename(self.key),
            state="queued",
            created_at=self.uploaded_at,
        )


class Unreadable(NamedTuple):
    """A record of an event that is no S3 record, and what is wrong with it."""

    problem: str


def read_uploads(event: Mapping[str, Any]) -> Iterator[Upload | Unreadable]:
    """The uploads that an S3 event tells of, once each.

    Keys that are no uploads tell of none, nor does the event with which S3 tests a new notification.
    """
    seen: set[tuple[str, str, str]] = set()
    for record in event.get("Records") or ():
        try:
            upload = _read(record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Unreadable(f"not a record of S3 ({type(error).__name__})")
            continue
        identity = (upload.bucket, upload.key, upload.version)
        if is_upload(upload.key) and identity not in seen:
            seen.add(identity)
            yield upload


def _read(record: Mapping[str, Any]) -> Upload:
    s3 = record["s3"]
    version = s3["object"].get("versionId") or ""
    return Upload(
        bucket=s3["bucket"]["name"],
        key=unquote_plus(s3["object"]["key"]),
        # What S3 calls the version of an object in a bucket that keeps none.
        version="" if version == "null" else version,
        uploaded_at=parse_time(record["eventTime"]) if "eventTime" in record else datetime.now(UTC),
    )
