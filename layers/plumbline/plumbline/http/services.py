"""What the routes work with: made on first use, once a process, and handed in by tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated

from fastapi import Depends, Request

from plumbline.alerts import Rules
from plumbline.baseline_cache import BaselineCache
from plumbline.http.cursors import Cursors
from plumbline.http.guard import CALLER
from plumbline.http.telemetry import Telemetry
from plumbline.imports.redrive import Redriver
from plumbline.keyring import Keyring
from plumbline.recording import Recorder
from plumbline.series_history import SeriesHistory
from plumbline.settings import Settings
from plumbline.storage.baselines import BaselineStore
from plumbline.storage.clients import Clients
from plumbline.storage.files import FileStore
from plumbline.storage.imports import ImportStore
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.keys import KeyStore
from plumbline.storage.probe import TableProbe
from plumbline.storage.queue import ImportQueue
from plumbline.storage.retrying import PROMPT

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


class Services:
    """Stores and what is built on them. Nothing is read or made before it is asked for."""

    def __init__(
        self,
        settings: Callable[[], Settings] = Settings.from_env,
        clients: Callable[[], Clients] = Clients.create,
        clock: Clock = now,
    ) -> None:
        self._make_settings = settings
        self._make_clients = clients
        self.clock = clock

    @cached_property
    def settings(self) -> Settings:
        return self._make_settings()

    @cached_property
    def clients(self) -> Clients:
        return self._make_clients()

    @cached_property
    def interactions(self) -> InteractionStore:
        settings = self.settings
        return InteractionStore(
            self.clients,
            settings.interactions_table,
            settings.uploads_bucket,
            baselines_table=settings.baselines_table,
            streamed=settings.baseline_updates == "stream",
            clock=lambda: self.clock().timestamp(),
        )

    @cached_property
    def probe(self) -> TableProbe:
        return TableProbe(self.clients, self.settings.interactions_table, lambda: self.clock().timestamp())

    @cached_property
    def imports(self) -> ImportStore:
        return ImportStore(self.clients, self.settings.imports_table, clock=self.clock)

    @cached_property
    def redriver(self) -> Redriver:
        settings = self.settings
        queue = ImportQueue(self.clients, settings.import_queue_url, settings.plan_queue_url, backoff=PROMPT)
        return Redriver(self.imports, queue)

    @cached_property
    def files(self) -> FileStore:
        return FileStore(self.clients.s3, self.settings.uploads_bucket)

    @cached_property
    def rules(self) -> Rules:
        return Rules.from_settings(self.settings)

    @cached_property
    def baseline_store(self) -> BaselineStore:
        return BaselineStore(self.clients, self.settings.baselines_table)

    @cached_property
    def baselines(self) -> BaselineCache:
        return BaselineCache(self.baseline_store, self.settings, self.clock)

    @cached_property
    def history(self) -> SeriesHistory:
        return SeriesHistory(self.baseline_store, self.settings, self.clock)

    @cached_property
    def recorder(self) -> Recorder:
        return Recorder(
            self.interactions, self.baselines, self.rules, self.settings, self.baseline_store, clock=self.clock
        )

    @cached_property
    def keys(self) -> KeyStore:
        return KeyStore(self.clients.dynamodb, self.settings.keys_table)

    @cached_property
    def keyring(self) -> Keyring:
        return Keyring(self.keys, self.clock, self._later)

    def _later(self, task: Callable[[], None]) -> None:
        self.clients.workers.submit(task)

    @cached_property
    def cursors(self) -> Cursors:
        return Cursors(self.settings.cursor_key, self.clock)

    @cached_property
    def telemetry(self) -> Telemetry:
        return Telemetry()


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _cursors(request: Request) -> Cursors:
    services: Services = request.app.state.services
    return services.cursors.of(request.scope.get(CALLER, ""))


ServicesDep = Annotated[Services, Depends(_services)]
CursorsDep = Annotated[Cursors, Depends(_cursors)]
"""Cursors of whoever calls."""
