"""What a rule is about: a series, a metric, or everything."""

from __future__ import annotations

from plumbline.metrics import METRICS, series
from plumbline.models import ELEMENTS

EVERYTHING = "*"

_LEAST_LETTERS = 5  # of a name: shorter ones are one letter from too many others

_ELEMENTS_OF = {metric.name: metric.elements for metric in METRICS}


def precision(target: str) -> int:
    """0 for everything, 1 for a metric, 2 for a series: the more precise rule holds."""
    if target == EVERYTHING:
        return 0
    return 2 if _is_series(target) else 1


def targeted(target: str) -> tuple[str, ...]:
    """The series that a metric's or series' name stands for.

    >>> targeted("length")
    ('input.length', 'output.length')

    Raises:
        ValueError: no series can have that name, Plumbline does not measure that metric on that element, or the
            name is one of Plumbline's metrics misspelt.
    """
    element, _, metric = target.partition(".")
    _refuse_misspelt(element if metric else "", metric if _is_series(target) else target)
    if not _is_series(target):
        names = (f"{element}.{target}" for element in _ELEMENTS_OF.get(target, ELEMENTS))
        return tuple(series(name).name for name in names)
    measured_on = _ELEMENTS_OF.get(metric)
    if measured_on is not None and element not in measured_on:
        raise ValueError(f"{metric} is measured on the {measured_on[0]} only: write {measured_on[0]}.{metric}")
    return (series(target).name,)


def _is_series(target: str) -> bool:
    element, _, metric = target.partition(".")
    return bool(metric) and element in ELEMENTS


def _refuse_misspelt(element: str, metric: str) -> None:
    """Refuse what would be taken for a metric of the caller's own, and so never raise an alert."""
    if metric in _ELEMENTS_OF:
        return
    written = metric.lower()
    meant = [
        name
        for name in _ELEMENTS_OF
        if written == name or (len(name) >= _LEAST_LETTERS and _is_one_slip_away(written, name))
    ]
    if meant:
        raise ValueError(
            f"there is no metric {metric}; did you mean {' or '.join(meant)}? "
            "A metric of your own needs a name that cannot be taken for it"
        )
    for known in ELEMENTS:
        if element != known and _is_one_slip_away(element.lower(), known):
            raise ValueError(f"there is no element {element}; did you mean {known}.{metric.partition('.')[2]}?")


def _is_one_slip_away(written: str, name: str) -> bool:
    """Whether the one becomes the other by a letter more, less or other, or two that change places.

    >>> [_is_one_slip_away(written, "words") for written in ("word", "wrods", "swords", "sword")]
    [True, True, True, False]
    """
    if abs(len(written) - len(name)) > 1:
        return False
    pairs = enumerate(zip(written, name, strict=False))
    same = next((at for at, (one, other) in pairs if one != other), min(len(written), len(name)))
    written, name = written[same:], name[same:]
    return (
        written[1:] == name[1:]
        or written[1:] == name
        or written == name[1:]
        or (written[:2] == name[:2][::-1] and written[2:] == name[2:])
    )
