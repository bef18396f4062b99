"""Text in, numbers out. Pure: no AWS, no environment, no clock."""

from plumbline.metrics.definition import Metric, Series
from plumbline.metrics.measuring import measure, measure_all, measuring_only
from plumbline.metrics.registry import METRIC_NAME, SERIES, markdown_table, series
from plumbline.metrics.table import METRICS
from plumbline.metrics.valuetable import ValueTable

__all__ = [
    "METRICS",
    "METRIC_NAME",
    "SERIES",
    "Metric",
    "Series",
    "ValueTable",
    "markdown_table",
    "measure",
    "measure_all",
    "measuring_only",
    "series",
]
