"""Hypothesis strategies for the words of the domain."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st
from plumbline.models import MAX_INTERACTION_ID, Evidence, Finding, Interaction
from plumbline.storage.numbers import MAX_NUMBER, MIN_NUMBER

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=2000)
names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
numbers = st.one_of(
    st.just(0.0),
    st.integers(-(2**53), 2**53).map(float),
    st.floats(MIN_NUMBER, MAX_NUMBER, allow_subnormal=False),
    st.floats(-MAX_NUMBER, -MIN_NUMBER, allow_subnormal=False),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
evidence = st.builds(
    Evidence,
    median=numbers,
    lower_fence=st.none() | numbers,
    upper_fence=st.none() | numbers,
    count=st.integers(0, 10**12),
    z=numbers,
    tail=numbers,
    p5=st.none() | numbers,
    p95=st.none() | numbers,
)
findings = st.builds(
    Finding,
    rule=st.integers(1, 999),
    alert_type=st.sampled_from(["threshold", "outlier"]),
    element=st.sampled_from(["input", "output"]),
    metric=names,
    value=numbers,
    direction=st.sampled_from(["above", "below"]),
    bound=numbers,
    baseline=st.none() | evidence,
    severity=st.sampled_from(["info", "warning", "critical"]),
)


def interactions() -> st.SearchStrategy[Interaction]:
    return st.builds(
        Interaction,
        id=st.integers(1, MAX_INTERACTION_ID),
        input=texts | texts.map(lambda text: text * 50),
        output=texts | texts.map(lambda text: text * 300),
        created_at=st.datetimes(datetime(1, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        metrics=st.dictionaries(names.map(lambda name: f"output.{name}"), numbers, max_size=6),
        findings=st.lists(findings, max_size=4, unique_by=lambda finding: finding.rule).map(tuple),
        metadata=st.dictionaries(texts, json_values, max_size=4),
        import_id=st.none() | st.integers(1, 2**53 - 1),
    )
