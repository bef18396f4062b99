"""Uploaded files and what Plumbline writes beside them, in S3."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote

from botocore.exceptions import ClientError

from plumbline.errors import NotFound, Unavailable
from plumbline.storage.clients import available
from plumbline.storage.deadline import read_whole
from plumbline.storage.text_objects import TextObjects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypedDict

    from _typeshed import WriteableBuffer
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

    class _Version(TypedDict, total=False):
        VersionId: str


READ_BUFFER = 1024 * 1024
_ATTEMPTS = 4
# "Up to 1000 keys" a call, and up to 10,000 parts of at least 5 MB each an object (Amazon S3, API and quotas).
_DELETED_AT_ONCE = 1000
_PART_BYTES = 16 * 1024 * 1024
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchBucket", "404", "NotFound"})


@dataclass(frozen=True, slots=True)
class FileInfo:
    """One version of a file; ``version`` is ``null`` in a bucket without versioning, as S3 calls it."""

    key: str
    version: str
    size: int


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """Where a form with a file goes, and the fields that come before the file in it."""

    url: str
    fields: dict[str, str]


class FileStore:
    """The files of one bucket."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def head(self, key: str, version: str | None = None) -> FileInfo | None:
        """What is known of a file (its newest version where none is named); None where there is none.

        Raises:
            Unavailable: S3 is busy or down.
        """
        try:
            with available():
                answer = self._s3.head_object(Bucket=self.bucket, Key=key, **_version(version))
        except ClientError as error:
            if _is_gone(error):
                return None
            raise
        return FileInfo(key, answer.get("VersionId", "null"), answer["ContentLength"])

    def open(self, key: str, version: str | None = None, start: int = 0, *, stop: int | None = None) -> IO[bytes]:
        """A file as a buffered binary stream from byte ``start``; a connection that breaks is taken up again.

        It ends before byte ``stop``, which must not lie behind the file's end, or with the file.

        Raises:
            NotFound: there is no such file. (Reading may raise it too, if the file is removed meanwhile.)
            Unavailable: S3 is busy or down; reading may raise it too.
        """
        info = self.head(key, version) if stop is None else FileInfo(key, version or "null", stop)
        if info is None:
            raise NotFound(f"there is no file {key!r} in the bucket (any more)")
        return cast("IO[bytes]", io.BufferedReader(_Download(self._s3, self.bucket, info, start), READ_BUFFER))

    def read(self, key: str) -> bytes:
        """The whole of a small file.

        Raises:
            NotFound: there is no such file.
            Unavailable: S3 is busy or down.
        """
        try:
            with available():
                return read_whole(self._s3.get_object(Bucket=self.bucket, Key=key))
        except ClientError as error:
            if _is_gone(error):
                raise NotFound(f"there is no file {key!r} in the bucket (any more)") from error
            raise

    def remove_all(self, prefix: str) -> None:
        """Remove every version of all files whose keys begin so.

        Raises:
            Unavailable: S3 is busy or down.
        """
        versions = TextObjects(self._s3, self.bucket).versions(prefix)
        while batch := list(islice(versions, _DELETED_AT_ONCE)):
            some: Any = [{"Key": one.key, "VersionId": one.version} for one in batch]
            with available():
                self._s3.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})

    def put_all(self, key: str, blocks: Iterable[bytes], content_type: str = "text/csv") -> None:
        """Write a file of any size that comes in blocks, in flat memory: all of it, or nothing.

        Raises:
            Unavailable: S3 is busy or down.
        """
        parts = _parts(blocks)
        first = next(parts, b"")
        if len(first) < _PART_BYTES:
            self.put(key, first, content_type)
            return
        name: Any = {"Bucket": self.bucket, "Key": key}
        with available():
            name["UploadId"] = self._s3.create_multipart_upload(**name, ContentType=content_type)["UploadId"]
        done: list[Any] = []
        for number, part in enumerate(chain([first], parts), 1):
            with available():
                answer = self._s3.upload_part(**name, PartNumber=number, Body=part)
            done.append({"PartNumber": number, "ETag": answer["ETag"]})
        with available():
            self._s3.complete_multipart_upload(**name, MultipartUpload={"Parts": done})

    def put(self, key: str, body: bytes | IO[bytes], content_type: str = "text/csv") -> str:
        """Write a file and answer its version.

        Raises:
            Unavailable: S3 is busy or down.
        """
        with available():
            answer = self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)
        return answer.get("VersionId", "null")

    def presigned_get(self, key: str, seconds: int, filename: str) -> str:
        """An address from which anybody who has it can download the file for ``seconds``."""
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
            },
            ExpiresIn=seconds,
        )

    def presigned_post(self, key: str, seconds: int, max_bytes: int) -> PresignedPost:
        """A form by which anybody who has it can upload this one file, of at most ``max_bytes``, for ``seconds``.

        The bucket encrypts it as it does every other file.
        """
        signed = self._s3.generate_presigned_post(
            Bucket=self.bucket,
            Key=key,
            Conditions=[["content-length-range", 0, max_bytes]],
            ExpiresIn=seconds,
        )
        return PresignedPost(signed["url"], signed["fields"])


def _parts(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Blocks joined to parts of a multipart upload: none but the last is shorter than the rest."""
    part = bytearray()
    for block in blocks:
        part += block
        if len(part) >= _PART_BYTES:
            yield bytes(part)
            part.clear()
    if part:
        yield bytes(part)


class _Download(io.RawIOBase):
    """One version of a file, read through as many requests as it takes."""

    def __init__(self, s3: S3Client, bucket: str, info: FileInfo, start: int) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._info = info
        self._position = start
        self._body: StreamingBody | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        if self._position >= self._info.size:
            return 0
        for attempt in range(_ATTEMPTS):
            try:
                data = self._read(len(view))
            except Unavailable:
                self._drop()
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                view[: len(data)] = data
                self._position += len(data)
                return len(data)
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        self._drop()
        super().close()

    def _read(self, size: int) -> bytes:
        with available():
            if self._body is None:
                self._body = self._request()
            data: bytes = self._body.read(size)
        if not data:
            raise Unavailable("S3 ended a file before its end")
        return data

    def _request(self) -> StreamingBody:
        version = None if self._info.version == "null" else self._info.version
        try:
            answer = self._s3.get_object(
                Bucket=self._bucket,
                Key=self._info.key,
                Range=f"bytes={self._position}-{self._info.size - 1}",
                **_version(version),
            )
        except ClientError as error:
            if _is_gone(error):
                raise NotFound(f"there is no file {self._info.key!r} in the bucket any more") from error
            raise
        return answer["Body"]

    def _drop(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None


def _version(version: str | None) -> _Version:
    return {} if version is None else {"VersionId": version}


def _is_gone(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in _GONE
