from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from plumbline.storage.pace import Pace


def test_all_may_be_in_flight_while_nothing_is_refused() -> None:
    pace = Pace(8)
    for _ in range(100):
        assert pace.allowed == 8
        pace.taken()


def test_what_is_refused_halves_it_and_it_grows_by_one_a_round() -> None:
    pace = Pace(8)
    pace.refused()
    assert pace.allowed == 4
    for _ in range(5):  # as many as were allowed, and what their own growth adds
        pace.taken()
    assert pace.allowed == 5
    for _ in range(9):
        pace.refused()
    assert pace.allowed == 1


@given(st.lists(st.booleans()), st.integers(1, 16))
def test_it_stays_within_one_and_the_most_and_recovers(taken: list[bool], most: int) -> None:
    pace = Pace(most)
    for one in taken:
        (pace.taken if one else pace.refused)()
        assert 1 <= pace.allowed <= most
    for _ in range(most * most):
        pace.taken()
    assert pace.allowed == most
