"""Replacing what may be somebody's own in texts, before they are stored. Pure: texts in, texts out."""

from plumbline.redaction.interactions import redact_interaction, redact_value
from plumbline.redaction.kinds import KINDS, Kind, parse_kinds
from plumbline.redaction.own_patterns import OwnPattern, parse_patterns
from plumbline.redaction.redactor import Redacted, Redactor

__all__ = [
    "KINDS",
    "Kind",
    "OwnPattern",
    "Redacted",
    "Redactor",
    "parse_kinds",
    "parse_patterns",
    "redact_interaction",
    "redact_value",
]
