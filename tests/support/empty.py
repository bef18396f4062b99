"""An API on stores with nothing in them: for what never gets as far as storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plumbline.http.services import Services
from plumbline.models import Interaction
from plumbline.recording import Recorded
from plumbline.settings import Settings
from plumbline.storage.files import PresignedPost

from tests.support.gateway import Clock, Gateway
from tests.support.keys import MASTER

if TYPE_CHECKING:
    from collections.abc import Sequence


class Empty:
    """Stores with nothing in them, which take everything."""

    def get(self, number: int) -> None:
        assert 1 <= number < 2**53

    def page(self, limit: int, before: str | None) -> tuple[list[Any], None]:
        assert 1 <= limit <= 100
        return [], None

    def alerts(self, query: Any, limit: int, before: str | None) -> tuple[list[Any], None]:
        return self.page(limit, before)

    def read_days(self, days: Sequence[str]) -> list[Any]:
        assert 0 <= len(days) <= 90
        return []

    def put(self, key: str, content: bytes, content_type: str) -> str:
        assert len(key.encode()) <= 1024
        assert content
        assert content_type.isascii()
        return "version"

    def presigned_post(self, key: str, seconds: int, max_bytes: int) -> PresignedPost:
        assert len(key.encode()) <= 1024
        return PresignedPost("https://bucket.example", {"key": key})

    def answers(self, note: Any) -> bool:
        return True

    def create(self, new: Any) -> bool:
        return True

    def announce(self, new: Any, until: Any) -> None:
        """A file is to come."""

    def record(self, new: Any, idempotency: Any = None) -> Recorded:
        return Recorded(Interaction(1, new.input, new.output, new.created_at, new.metrics, (), new.metadata))


def empty_services(**settings: Any) -> Services:
    """Services on empty stores."""
    services = Services(settings=lambda: Settings("i", "b", "m", "u", **settings), clock=Clock())
    for store in ("interactions", "imports", "files", "recorder", "baseline_store", "probe"):
        setattr(services, store, Empty())
    return services


def empty_api(key: str | None = MASTER.text) -> Gateway:
    """The API on empty stores, called with ``key``."""
    return Gateway(empty_services(), key)
