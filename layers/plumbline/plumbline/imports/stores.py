"""Where an import is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plumbline.storage.files import FileStore
    from plumbline.storage.import_chunks import ChunkStore
    from plumbline.storage.imports import ImportStore


@dataclass(frozen=True, slots=True)
class Stores:
    """The table's imports and their chunks, and the bucket with their files."""

    imports: ImportStore
    chunks: ChunkStore
    files: FileStore
