"""The bounds of the HTTP edge. README states them; the tests hold the edge to them.

A Lambda function is handed at most 6 MiB and answers at most as much, and API Gateway writes what is not text
in base64, four bytes for three. The bounds on bodies leave room for the rest of the event and of the answer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MAX_JSON_BYTES = 6_200_000
MAX_UPLOAD_BYTES = 4_650_000
MAX_ANSWER_BYTES = 5_500_000
LAMBDA_ANSWER_BYTES = 6 * 1024 * 1024
SMALL_ANSWER_BYTES = 100_000
MAX_ADDRESS_BYTES = 8_192
MAX_HEADERS = 100
MAX_HEADER_BYTES = 16_384
MAX_PARTS = 8
"""Of a multipart form, which has one that is read."""
MAX_PART_HEADERS = 8
MAX_PART_HEADER_BYTES = 4_096
MAX_JSON_VALUES = 20_000
"""Of a body, nested ones included: many times what the fields that are known can hold."""

MAX_PROBLEMS = 20

DEFAULT_DAYS = 30
DEFAULT_PAGE = 20
MAX_PAGE = 100
CURSOR_LIFETIME = timedelta(hours=24)
MAX_CURSOR = 512

MAX_METADATA_ENTRIES = 100
MAX_METADATA_DEPTH = 5
MAX_METADATA_BYTES = 16_384
MAX_METADATA_KEY = 128

MAX_IDEMPOTENCY_KEY = 255
MAX_KEY_NAME = 100
MAX_FILENAME = 255
MAX_FILENAME_BYTES = 255
PRESIGNED_SECONDS = 900
FILE_AWAITED = timedelta(hours=24)
"""How long an import is kept whose form has expired: an upload that has begun may take its time."""
MAX_PRESIGNED_BYTES = 5_000_000_000
"""What S3 takes in one request is a little more."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MAX_AHEAD = timedelta(hours=24)
