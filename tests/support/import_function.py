"""The function that S3 and the queues call, and what calls it."""

from __future__ import annotations

import json
from importlib import util
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from types import ModuleType

    import pytest
    from plumbline.imports.uploads import Upload

APP = Path(__file__).parents[2] / "functions" / "imports" / "app.py"


def load() -> ModuleType:
    """The function's module, anew."""
    spec = util.spec_from_file_location("imports_app", APP)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def context(milliseconds: int = 900_000) -> Any:
    """What Lambda tells it of itself."""
    return SimpleNamespace(
        function_name="imports",
        memory_limit_in_mb=512,
        invoked_function_arn="arn",
        aws_request_id="request",
        get_remaining_time_in_millis=lambda: milliseconds,
    )


def event(*uploads: Upload) -> dict[str, Any]:
    """S3's event that tells of uploads."""
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventTime": "2026-01-02T03:04:05.000Z",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": upload.bucket},
                    "object": {"key": quote_plus(upload.key, safe="/"), "versionId": upload.version},
                },
            }
            for upload in uploads
        ]
    }


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What it has logged: one JSON object a line."""
    return [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]
