"""Numbers in, alerts out. Pure: no AWS, no environment, no clock."""

from plumbline.alerts.judging import judge
from plumbline.alerts.rules import Rules, Threshold

__all__ = ["Rules", "Threshold", "judge"]
