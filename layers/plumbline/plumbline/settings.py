"""The configuration, read once from the environment, validated and frozen."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from plumbline.alerts import parse_rules
from plumbline.errors import SettingsError
from plumbline.models import Sensitivity
from plumbline.redaction import parse_kinds, parse_patterns
from plumbline.retention import MAX_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plumbline.alerts import Rule
    from plumbline.redaction import Kind, OwnPattern

BaselineUpdates = Literal["stream", "inline"]
Authorization = Literal["keys", "jwt", "iam", "none"]
T = TypeVar("T", bound=str)
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a function needs to know of its surroundings.

    ``alert_threshold`` bounds ``length`` of both elements; ``alert_rules`` are what else there is to say of what
    raises alerts, and go before it (see :mod:`plumbline.alerts.grammar`). ``baseline_updates`` says who folds
    new values into the baselines: the table's stream, or (``inline``, where there is no stream) the request
    itself. ``baseline_window_days`` is how many days a baseline looks back, ``baseline_refresh_seconds`` how old
    a baseline in memory may get. ``cursor_key`` seals paging cursors against tampering.

    ``import_queue_url`` is the queue of chunks, ``plan_queue_url`` that of files that are still to be cut into
    chunks. Where they are empty there is no queue, and a file is imported by whoever is told of it.

    ``redact`` are the kinds that are replaced in texts before they are stored, ``redact_patterns`` the operator's
    own (see :mod:`plumbline.redaction`).

    ``retention_days`` is how long interactions are kept that do not say it themselves; 0 is for ever.

    ``authorization`` says who lets callers in: API keys, which stand in ``keys_table``, the gateway's own
    authoriser for ``jwt`` or ``iam``, or (``none``) nobody: then the API is open.
    """

    interactions_table: str
    baselines_table: str
    imports_table: str
    uploads_bucket: str
    alert_threshold: float = 100.0
    alert_rules: tuple[Rule, ...] = ()
    sensitivity: Sensitivity = "default"
    baseline_updates: BaselineUpdates = "stream"
    baseline_window_days: int = 14
    baseline_refresh_seconds: float = 5.0
    cursor_key: str = "plumbline"
    import_queue_url: str = ""
    plan_queue_url: str = ""
    redact: tuple[Kind, ...] = ()
    redact_patterns: tuple[OwnPattern, ...] = ()
    retention_days: int = 0
    keys_table: str = "plumbline-keys"
    authorization: Authorization = "keys"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Settings from environment variables; variables that are absent or empty take their defaults.

        Raises:
            SettingsError: a variable has a value that cannot be used; the message names it.
        """
        env = os.environ if env is None else env
        return cls(
            interactions_table=_text(env, "INTERACTIONS_TABLE", "plumbline-interactions"),
            baselines_table=_text(env, "BASELINES_TABLE", "plumbline-baselines"),
            imports_table=_text(env, "IMPORTS_TABLE", "plumbline-imports"),
            uploads_bucket=_text(env, "UPLOADS_BUCKET", "plumbline-uploads"),
            alert_threshold=_number(env, "ALERT_THRESHOLD", 100.0, least=0.0),
            alert_rules=_parsed(env, "ALERT_RULES", parse_rules),
            sensitivity=_choice(env, "OUTLIER_SENSITIVITY", get_args(Sensitivity), "default"),
            baseline_updates=_choice(env, "BASELINE_UPDATES", get_args(BaselineUpdates), "stream"),
            baseline_window_days=int(_number(env, "BASELINE_WINDOW_DAYS", 14.0, least=1.0, most=90.0, whole=True)),
            baseline_refresh_seconds=_number(env, "BASELINE_REFRESH_SECONDS", 5.0, least=0.0, most=3600.0),
            cursor_key=_text(env, "CURSOR_KEY", "plumbline"),
            import_queue_url=_text(env, "IMPORT_QUEUE_URL", ""),
            plan_queue_url=_text(env, "PLAN_QUEUE_URL", ""),
            redact=_parsed(env, "REDACT", parse_kinds),
            redact_patterns=_parsed(env, "REDACT_PATTERNS", parse_patterns),
            retention_days=int(_number(env, "RETENTION_DAYS", 0.0, least=0.0, most=MAX_DAYS, whole=True)),
            keys_table=_text(env, "KEYS_TABLE", "plumbline-keys"),
            authorization=_choice(env, "AUTHORIZATION", get_args(Authorization), "keys"),
        )


def _text(env: Mapping[str, str], name: str, default: str) -> str:
    return env.get(name, "").strip() or default


def _number(
    env: Mapping[str, str],
    name: str,
    default: float,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    whole: bool = False,
) -> float:
    raw = _text(env, name, str(default))
    try:
        value = float(raw)
    except ValueError:
        value = math.nan
    kind = "a whole number" if whole else "a number"
    if not least <= value <= most or math.isinf(value) or (whole and not value.is_integer()):
        bounds = f"{kind} of at least {least:g}" + (f" and at most {most:g}" if most < math.inf else "")
        raise SettingsError(f"{name} must be {bounds}, not {raw!r}")
    return value


def _parsed(env: Mapping[str, str], name: str, parse: Callable[[str], P]) -> P:
    try:
        return parse(env.get(name, ""))
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def _choice(env: Mapping[str, str], name: str, choices: tuple[T, ...], default: T) -> T:
    raw = _text(env, name, default).lower()
    for choice in choices:
        if raw == choice:
            return choice
    raise SettingsError(f"{name} must be one of {', '.join(choices)}, not {raw!r}")
