"""Text in, numbers out. Pure: no AWS, no environment, no clock."""

from plumbline.metrics.measuring import measure
from plumbline.metrics.registry import METRICS, SERIES, Metric, Series, markdown_table, series

__all__ = ["METRICS", "SERIES", "Metric", "Series", "markdown_table", "measure", "series"]
