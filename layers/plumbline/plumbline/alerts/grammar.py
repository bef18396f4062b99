"""Rules in writing, short enough for a stack's parameter.

Rules are separated by semicolons; each begins with what it is about: a series (``output.length``), a
metric (``length``, which stands for both elements) or ``*``::

    output.length > 2000 critical           an alert above the bound (not at it), as severe as said
    output.words < 1                        an alert below the bound; severity is info, warning (default), critical
    latency_ms > 5000 < 1 info              both; metrics of your own have rules like Plumbline's
    input.length thresholds off             no bounds here; * thresholds off: nowhere but where a rule sets some
    overlap outliers off                    outliers are not looked for in this metric; on: they are
    output.length outliers high critical    sensitivity (low, default, high) and severity of outliers
    * outliers low                          of all series for which no rule says otherwise
    reading_ease off                        neither thresholds nor outliers

The rule that is more precise holds, in whatever order they stand: a series' before its metric's before that of
``*``. A rule that names a metric's outliers without ``off`` has them looked for. A bound on ``length`` takes the
place of ``ALERT_THRESHOLD``.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeVar, get_args

from plumbline.alerts.rules import OutlierRule, Rule, ThresholdRule
from plumbline.alerts.targets import EVERYTHING, targeted
from plumbline.models import Sensitivity, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_BOUND = 1e100
"""The greatest magnitude of a bound, as of the values that callers bring."""

_TARGET = re.compile(r"\s*([^\s<>=]+)")
_TOKEN = re.compile(r"[<>]=?|[^\s<>]+")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
_SENSITIVITIES: tuple[Sensitivity, ...] = get_args(Sensitivity)
_SWITCHES = {"on": True, "off": False}
_EXAMPLES = "like output.length > 2000 critical, output.words < 1, overlap outliers off or * outliers low"
_SHOWN = 60

T = TypeVar("T", bound=str)


def parse_rules(text: str) -> tuple[Rule, ...]:
    """The rules that a text holds.

    Raises:
        ValueError: a rule cannot be read or contradicts another; the message names it and says what would be
            right.
    """
    rules: list[Rule] = []
    for written in filter(str.strip, text.split(";")):
        try:
            found = _parse(written)
            _refuse_contradictions([*rules, *found], found[0].target)
        except ValueError as error:
            shown = " ".join(written.split())
            shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
            raise ValueError(f"the rule {shown!r} cannot be used: {error}") from None
        rules.extend(found)
    return tuple(rules)


def format_rules(rules: Iterable[Rule]) -> str:
    """The inverse of :func:`parse_rules`."""
    return "; ".join(map(_format, rules))


def _parse(written: str) -> list[Rule]:
    head = _TARGET.match(written)
    if head is None:
        raise ValueError(f"it must begin with a series, a metric or *, {_EXAMPLES}")
    target = head[1]
    if target != EVERYTHING:
        targeted(target)
    tokens: list[str] = _TOKEN.findall(written, head.end())
    if tokens == ["off"]:
        return [ThresholdRule(target), OutlierRule(target, on=False)]
    if tokens[:1] == ["thresholds"]:
        if tokens[1:] != ["off"]:
            raise ValueError(f"after thresholds comes off; to set one, write {target} > 100")
        return [ThresholdRule(target)]
    if tokens[:1] == ["outliers"]:
        return [_parse_outliers(target, tokens[1:])]
    if tokens and tokens[0][0] in "<>":
        return [_parse_bounds(target, tokens)]
    if tokens:
        raise ValueError(f"after {target} comes >, <, outliers, thresholds or off, not {_short(tokens[0])}")
    raise ValueError(f"it says nothing of {target}; rules are written {_EXAMPLES}")


def _parse_bounds(target: str, tokens: Sequence[str]) -> ThresholdRule:
    if target == EVERYTHING:
        raise ValueError("a bound belongs to one metric or series, like output.length > 2000, and not to *")
    bounds: dict[str, float] = {}
    severity: Severity | None = None
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token[0] not in "<>":
            severity = _word(token, _SEVERITIES, severity, "a bound")
            at += 1
            continue
        if token.endswith("="):
            raise ValueError(f"write {token[0]}: a bound is crossed by more than it, and not by as much")
        if token in bounds:
            raise ValueError(f"it has two bounds with {token}; a series has one each of > and <")
        bounds[token] = _number(token, tokens[at + 1] if at + 1 < len(tokens) else "nothing")
        at += 2
    return ThresholdRule(target, bounds.get(">"), bounds.get("<"), severity or "warning")


def _number(sign: str, token: str) -> float:
    value = float(token) if _NUMBER.fullmatch(token) else math.nan
    if not -MAX_BOUND <= value <= MAX_BOUND:
        raise ValueError(
            f"after {sign} comes a number like 2000 or 0.5, at most {MAX_BOUND:g} in size, not {_short(token)}"
        )
    return value


def _parse_outliers(target: str, tokens: Sequence[str]) -> OutlierRule:
    on: bool | None = None
    sensitivity: Sensitivity | None = None
    severity: Severity | None = None
    for token in tokens:
        if token in _SWITCHES:
            if on is not None:
                raise ValueError("it says on or off twice")
            on = _SWITCHES[token]
        elif token in _SENSITIVITIES:
            sensitivity = _word(token, _SENSITIVITIES, sensitivity, "outliers")
        else:
            severity = _word(token, _SEVERITIES, severity, "outliers", (*_SWITCHES, *_SENSITIVITIES))
    if not tokens:
        raise ValueError("after outliers comes on, off, low, default or high, and info, warning or critical")
    if on is False and (sensitivity or severity):
        raise ValueError("outliers that are off have neither sensitivity nor severity")
    if on is None and target != EVERYTHING:
        on = True
    return OutlierRule(target, on, sensitivity, severity)


def _word(token: str, known: tuple[T, ...], before: T | None, where: str, others: tuple[str, ...] = ()) -> T:
    for word in known:
        if word == token:
            if before is not None:
                raise ValueError(f"it says both {before} and {token}")
            return word
    raise ValueError(
        f"{_short(token)} is not known after {where}; known are {', '.join((*others, *known))}; "
        "a semicolon ends the rule"
    )


def _refuse_contradictions(rules: Sequence[Rule], target: str) -> None:
    """Refuse what is said twice of a target, and bounds that every value crosses."""
    said: dict[str, object] = {}
    for rule in rules:
        if rule.target != target:
            continue
        for what, value in _says(rule).items():
            if what in said:
                raise ValueError(f"the {what} of {target} {'are' if what.endswith('s') else 'is'} said twice")
            said[what] = value
    above, below = said.get("bound >"), said.get("bound <")
    if "thresholds" in said and (above is not None or below is not None):
        raise ValueError(f"{target} has bounds and has its thresholds off")
    if isinstance(above, float) and isinstance(below, float) and above < below:
        raise ValueError(f"every value of {target} is above {above:g} or below {below:g}")


def _says(rule: Rule) -> dict[str, object]:
    said: dict[str, object]
    if isinstance(rule, OutlierRule):
        said = {"outliers": rule.on, "sensitivity": rule.sensitivity, "severity of outliers": rule.severity}
    elif rule.above is None and rule.below is None:
        return {"thresholds": False}
    else:
        said = {"bound >": rule.above, "bound <": rule.below}
    return {what: value for what, value in said.items() if value is not None}


def _format(rule: Rule) -> str:
    words: list[str]
    if isinstance(rule, OutlierRule):
        on = {None: "", True: "on", False: "off"}[rule.on]
        words = ["outliers", on, rule.sensitivity or "", rule.severity or ""]
    elif rule.above is None and rule.below is None:
        words = ["thresholds off"]
    else:
        bounds = (f"> {_written(rule.above)}", f"< {_written(rule.below)}")
        words = [text for text, value in zip(bounds, (rule.above, rule.below), strict=True) if value is not None]
        words.append("" if rule.severity == "warning" else rule.severity)
    return " ".join(filter(None, (rule.target, *words)))


def _written(number: float | None) -> str:
    return repr(number).removesuffix(".0")


def _short(token: str) -> str:
    return repr(token if len(token) <= _SHOWN else f"{token[:_SHOWN]}…")
