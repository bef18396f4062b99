"""The usual way to import a file: FastAPI, SQLAlchemy and SQLite, in a background task.

As tutorials do it: the upload is read with ``csv.DictReader`` in a background task, each interaction is added and
committed, its texts' lengths are held against a threshold, and its alerts are added and committed. It measures
nothing else. Runs in the peers' environment; prints the seconds that the task took.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import BackgroundTasks, Depends, FastAPI, UploadFile
from fastapi.testclient import TestClient
from sqlalchemy import ForeignKey, create_engine, func, select  # type: ignore[import-not-found]
from sqlalchemy.orm import (  # type: ignore[import-not-found]
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    sessionmaker,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ALERT_THRESHOLD = 100


class Base(DeclarativeBase):  # type: ignore[misc]
    """The tables."""


class Interaction(Base):
    """What a model was asked and answered."""

    __tablename__ = "interactions"
    id: Mapped[int] = mapped_column(primary_key=True)
    input: Mapped[str]
    output: Mapped[str]
    input_length: Mapped[int]
    output_length: Mapped[int]
    created_at: Mapped[datetime]


class Alert(Base):
    """A length over the threshold."""

    __tablename__ = "alerts"
    id: Mapped[int] = mapped_column(primary_key=True)
    interaction_id: Mapped[int] = mapped_column(ForeignKey("interactions.id"), index=True)
    element: Mapped[str]
    metric_value: Mapped[int]
    created_at: Mapped[datetime]


class Took:
    """How long the background task took."""

    seconds = 0.0
    processor = 0.0


def application(database: Path, took: Took) -> FastAPI:
    """The service."""
    engine = create_engine(f"sqlite:///{database}", connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine, autoflush=False)
    app = FastAPI()

    def session() -> Iterator[Session]:
        with sessions() as made:
            yield made

    def import_rows(data: bytes) -> None:
        start, processor = time.perf_counter(), time.process_time()
        with sessions() as db:
            for row in csv.DictReader(io.StringIO(data.decode())):
                _record(db, row["Input"], row["Output"])
        took.seconds, took.processor = time.perf_counter() - start, time.process_time() - processor

    @app.post("/api/interactions/bulk")
    def bulk(file: UploadFile, tasks: BackgroundTasks) -> dict[str, bool]:
        tasks.add_task(import_rows, file.file.read())
        return {"success": True}

    @app.get("/api/count")
    def count(db: Session = Depends(session)) -> dict[str, int]:  # noqa: B008 - as tutorials do
        return {
            "interactions": db.scalar(select(func.count(Interaction.id))) or 0,
            "alerts": db.scalar(select(func.count(Alert.id))) or 0,
        }

    return app


def _record(db: Session, input_text: str, output_text: str) -> None:
    now = datetime.now(UTC)
    interaction = Interaction(
        input=input_text,
        output=output_text,
        input_length=len(input_text),
        output_length=len(output_text),
        created_at=now,
    )
    db.add(interaction)
    db.commit()
    db.refresh(interaction)
    lengths = (("input", interaction.input_length), ("output", interaction.output_length))
    alerts = [
        Alert(interaction_id=interaction.id, element=element, metric_value=length, created_at=now)
        for element, length in lengths
        if length > ALERT_THRESHOLD
    ]
    if alerts:
        db.add_all(alerts)
        db.commit()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_peer", description=__doc__)
    parser.add_argument("file", type=Path, help="a CSV file with Input and Output")
    path: Path = parser.parse_args().file
    took = Took()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        client = TestClient(application(Path(folder) / "interactions.db", took))
        with path.open("rb") as file:
            client.post("/api/interactions/bulk", files={"file": file}).raise_for_status()
        counted = client.get("/api/count").json()
    print(json.dumps({"rows": counted["interactions"], "seconds": took.seconds, "processor": took.processor}))


if __name__ == "__main__":
    main()
