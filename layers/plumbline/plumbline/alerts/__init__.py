"""Numbers in, alerts out. Pure: no AWS, no environment, no clock."""

from plumbline.alerts.explanation import explain
from plumbline.alerts.grammar import format_rules, parse_rules
from plumbline.alerts.judging import Judge, judge
from plumbline.alerts.rules import OutlierRule, Rule, Rules, Threshold, ThresholdRule

__all__ = [
    "Judge",
    "OutlierRule",
    "Rule",
    "Rules",
    "Threshold",
    "ThresholdRule",
    "explain",
    "format_rules",
    "judge",
    "parse_rules",
]
