"""Everything that can go wrong, as one tree of classes, each with the HTTP status it means.

A message is written for the caller and may be shown as it is: it never holds a text of an interaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class PlumblineError(Exception):
    """The root of the tree. ``problems`` lists (field, problem) pairs: what was wrong where."""

    status: ClassVar[int] = 500

    def __init__(self, message: str, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = tuple(problems)


class InvalidRequest(PlumblineError):
    """The request cannot be read: bad JSON, a forged cursor."""

    status = 400


class Unauthorized(PlumblineError):
    """There is no key with the request, or none that opens. The message never says what was wrong with a key."""

    status = 401


class Forbidden(PlumblineError):
    """The caller is known, and may not do this."""

    status = 403


class NotFound(PlumblineError):
    """There is no such thing."""

    status = 404


class Conflict(PlumblineError):
    """The request contradicts what is stored."""

    status = 409


class Gone(PlumblineError):
    """There was such a thing, and it has been removed."""

    status = 410


class PayloadTooLarge(PlumblineError):
    """The request is over a limit; the message names the way that is left."""

    status = 413


class UnsupportedMediaType(PlumblineError):
    """The body is not of a type that this route reads."""

    status = 415


class ValidationFailed(PlumblineError):
    """The request was read, and fields of it are wrong."""

    status = 422


class Unavailable(PlumblineError):
    """Storage is throttled or down. Nothing was half written: the same request may be sent again."""

    status = 503

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnreadableFile(PlumblineError):
    """An uploaded file cannot be imported at all; the message tells its owner why."""

    status = 422


class RedactionFailed(PlumblineError):
    """A text could not be redacted: nothing of it is stored."""


class SettingsError(PlumblineError):
    """The configuration is wrong; the message names the setting and what would be right."""
