"""Which import an uploaded object is: derived, not drawn, so that a second delivery meets the first one's."""

from __future__ import annotations

import hashlib
import json
import re

UPLOADS_PREFIX = "uploads/"
API_UPLOADS_PREFIX = "uploads/api/"
_API_KEY = re.compile(re.escape(API_UPLOADS_PREFIX) + r"[^/]+/[^/]+")
_ID_BITS = 52


def import_id(bucket: str, key: str, version: str = "") -> int:
    """The id of the import of one version of an object: from 1 to 2**52.

    Keys that the API chose itself (``uploads/api/TOKEN/NAME``) are written once: their id leaves the version
    out, so that the API knows it before S3 has answered.
    """
    parts = [bucket, key] if _API_KEY.fullmatch(key) else [bucket, key, version]
    digest = hashlib.sha256(json.dumps(parts).encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> (64 - _ID_BITS)) + 1


def is_upload(key: str) -> bool:
    """Whether a key of the bucket is a file to be imported, not a "folder" or something of our own."""
    return key.startswith(UPLOADS_PREFIX) and not key.endswith("/")


def filename(key: str) -> str:
    """The name a person knows the file by: the key's last part."""
    return key.rsplit("/", 1)[-1]


def staging_prefix(import_id: int) -> str:
    """What the keys of all begin with that is kept only until an import is complete."""
    return f"staging/{import_id}/"


def staging_key(import_id: int, number: int) -> str:
    """Where the decoded bytes of a chunk are kept, if its file cannot be read from its middle."""
    return f"{staging_prefix(import_id)}{number:06d}"


def rejected_part_key(import_id: int, number: int) -> str:
    """Where the rejected rows of a chunk are kept until its import is complete."""
    return f"{staging_prefix(import_id)}{number:06d}-rejected"
