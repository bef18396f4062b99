"""README's table of metrics is the registry's."""

from __future__ import annotations

from plumbline.metrics import METRICS

from scripts.metrics_table import README, renewed


def test_the_table_is_current() -> None:
    written = README.read_text("utf-8")
    assert renewed(written) == written


def test_every_metric_is_in_it() -> None:
    written = README.read_text("utf-8")
    assert all(f"| `{metric.name}` |" in written for metric in METRICS)
