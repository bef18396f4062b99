"""The S3 objects that hold texts too big for an item: written, read, and removed in all their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from plumbline.storage.clients import available
from plumbline.storage.deadline import read_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from mypy_boto3_s3 import S3Client


class Version(NamedTuple):
    """One version of an object, which may be a marker that it was deleted."""

    key: str
    version: str
    modified: datetime


class TextObjects:
    """The texts in one bucket."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> None:
        """Write an object.

        Raises:
            Unavailable: S3 is busy or down.
        """
        with available():
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)

    def get(self, key: str) -> bytes | None:
        """The newest version of an object; None where there is none.

        Raises:
            Unavailable: S3 is busy or down.
        """
        try:
            with available():
                return read_whole(self._s3.get_object(Bucket=self._bucket, Key=key))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "NoSuchKey":
                raise
            return None

    def versions(self, prefix: str) -> Iterator[Version]:
        """Every version of all objects whose keys begin so, in the order of their keys.

        Raises:
            Unavailable: S3 is busy or down; iterating may raise it too.
        """
        start: dict[str, Any] = {}
        while True:
            with available():
                page = self._s3.list_object_versions(Bucket=self._bucket, Prefix=prefix, **start)
            # S3 puts markers apart from versions, but neither behind what is on the next page.
            found: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            for one in sorted(found, key=lambda one: one["Key"]):
                yield Version(one["Key"], one["VersionId"], one["LastModified"])
            if not page.get("IsTruncated"):
                return
            start = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def versions_of(self, key: str) -> Iterator[Version]:
        """Every version of one object.

        Raises:
            Unavailable: S3 is busy or down; iterating may raise it too.
        """
        for version in self.versions(key):
            # The key itself comes before all others that begin so, of which there may be very many.
            if version.key != key:
                return
            yield version

    def delete(self, versions: Iterable[tuple[str, str]]) -> None:
        """Remove versions, each a key and its version, for good; those that are not there are removed already.

        There are one or two: a call each tells more plainly than one for all what was not done.

        Raises:
            Unavailable: S3 is busy or down.
        """
        for key, version in versions:
            with available():
                self._s3.delete_object(Bucket=self._bucket, Key=key, VersionId=version)
