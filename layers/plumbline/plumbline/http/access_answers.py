"""What is answered about keys and settings, as models that describe it; see :mod:`plumbline.http.answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from plumbline.access.scopes import Scope
from plumbline.http.answers import Answer, Success
from plumbline.models import Sensitivity
from plumbline.settings import Authorization


class ApiKey(Answer):
    """What is kept of a key."""

    id: str = Field(
        pattern="^[A-Za-z0-9]{12}$",
        description="The part of the key that is no secret.",
        examples=["3vB8hQ2mXk1Z"],
    )
    name: str = Field(description="What it is for.")
    scopes: Annotated[list[Scope], Field(min_length=1)]
    created_at: datetime
    expires_at: datetime | None = Field(description="Null where it is good until it is revoked.")
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="Within an hour or so; null where it was never used.")


class NewApiKey(ApiKey):
    """A key that was just made."""

    key: str = Field(
        pattern="^plk_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}$",
        description="The key itself, which can be read nowhere afterwards.",
    )


class EffectiveSettings(Answer):
    """What this deployment goes by."""

    authorization: Authorization = Field(
        description="Who lets callers in: API keys, the gateway by JWT or IAM, or nobody."
    )
    alert_threshold: float = Field(description="Longer texts raise an alert.")
    alert_rules: str = Field(description="What else raises alerts.")
    outlier_sensitivity: Sensitivity
    baseline_window_days: int
    baseline_refresh_seconds: float
    retention_days: int = Field(description="How long interactions are kept that do not say it; 0 is for ever.")
    redact: list[str] = Field(description="Kinds of what is replaced in texts before they are stored.")
    redact_patterns: list[str] = Field(description="The names of your own patterns of what is replaced.")
    uploads_bucket: str


class KeyAnswer(Success):
    """One key."""

    data: ApiKey


class NewKeyAnswer(Success):
    """The new key, shown only this once."""

    data: NewApiKey


class KeysAnswer(Success):
    """A page of keys, newest first."""

    data: list[ApiKey]
    next_cursor: str = Field("", description="Where the next page begins; absent on the last one.")


class SettingsAnswer(Success):
    """The settings that hold."""

    data: EffectiveSettings
