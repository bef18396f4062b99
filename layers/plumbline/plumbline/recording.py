"""Recording one interaction: measure it, judge it, keep it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from plumbline.alerts import Judge
from plumbline.errors import Gone, ValidationFailed
from plumbline.metrics import measure
from plumbline.models import Interaction
from plumbline.own_metrics import countable
from plumbline.redaction import Redactor, redact_interaction
from plumbline.storage.baselines import BaselineStore, BaselineWrite, inline_baseline
from plumbline.storage.deadline import uncounted
from plumbline.storage.interactions import InteractionStore, KeyUsed
from plumbline.storage.retrying import Backoff
from plumbline.storage.transactions import VersionConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plumbline.alerts import Rules
    from plumbline.baseline_cache import BaselineCache
    from plumbline.models import NewInteraction
    from plumbline.settings import Settings
    from plumbline.storage.idempotency import Idempotency

_CONTENDED = "Too many interactions are being recorded at the moment. Please send the request again."


@dataclass(frozen=True, slots=True)
class Recorded:
    """An interaction as it was kept; ``replayed`` if an earlier request with the same key had made it.

    ``redactions`` counts the placeholders that were put into its texts, by kind.
    """

    interaction: Interaction
    replayed: bool = False
    redactions: Mapping[str, int] = field(default_factory=dict)


class Recorder:
    """Records interactions, each with its alerts and at most once for an idempotency key.

    ``baselines`` is used only where requests fold their own values in (``baseline_updates`` is ``inline``).
    """

    def __init__(
        self,
        store: InteractionStore,
        cache: BaselineCache,
        rules: Rules,
        settings: Settings,
        baselines: BaselineStore,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._store = store
        self._cache = cache
        self._rules = rules
        self._judge: Judge | None = None
        self._redactor = Redactor.from_settings(settings)
        self._inline = settings.baseline_updates == "inline"
        self._baselines = baselines
        self._clock = clock
        self._folding = Backoff(attempts=12, base=0.02, cap=0.5, sleep=sleep, spent=_CONTENDED)

    def record(self, new: NewInteraction, idempotency: Idempotency | None = None) -> Recorded:
        """Measure, judge, redact and keep an interaction. A value is judged before it is counted.

        Raises:
            RedactionFailed: it could not be redacted; nothing was kept.
            ValidationFailed: the idempotency key was used for another request.
            Gone: it was used for an interaction that is not there any more.
            PayloadTooLarge: the metrics are more than can be kept.
            Unavailable: storage is busy or down; nothing was kept.
        """
        used = self._store.find_key(idempotency) if idempotency is not None else None
        if used is not None:
            return self._replay(used)
        with uncounted():
            metrics = {**measure(new.input, new.output), **new.metrics}
            kept = redact_interaction(self._redactor, new) if self._redactor is not None else None
        if kept is not None:
            metrics.update(kept.metrics)
        texts = kept or new
        interaction = Interaction(
            id=self._store.next_id(),
            input=texts.input,
            output=texts.output,
            created_at=new.created_at,
            metrics=metrics,
            findings=self._judging().findings(metrics),
            metadata=texts.metadata,
            expires_at=new.expires_at,
        )
        try:
            self._keep(interaction, idempotency)
        except KeyUsed as raced:
            return self._replay(raced)
        return Recorded(interaction, redactions=kept.counts if kept is not None else {})

    def _judging(self) -> Judge:
        """A judge by the baselines of the moment, the same one as long as these are the same."""
        baselines = self._cache.current()
        known = self._judge
        if known is None or known.baselines is not baselines:
            known = self._judge = Judge(self._rules, baselines)
        return known

    def _replay(self, used: KeyUsed) -> Recorded:
        interaction = self._store.get(used.interaction_id)
        if interaction is None:
            raise Gone("The interaction that this Idempotency-Key made has been removed, or has expired.")
        if not used.same_request:
            raise ValidationFailed(
                "This Idempotency-Key came with another request before. Use a new key for a new request.",
                [("header.idempotency-key", "was used for another request in the last 24 hours")],
            )
        return Recorded(interaction, replayed=True)

    def _keep(self, interaction: Interaction, idempotency: Idempotency | None) -> None:
        if not self._inline:
            self._store.put(interaction, idempotency=idempotency)
            return
        self._folding.repeat(
            lambda: self._store.put(interaction, idempotency=idempotency, fold=self._fold(interaction)),
            VersionConflict,
        )

    def _fold(self, interaction: Interaction) -> BaselineWrite:
        write = inline_baseline(self._baselines, self._clock())
        write.sketches.add(countable(interaction.metrics, write.sketches))
        return write
