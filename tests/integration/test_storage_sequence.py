from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from plumbline.errors import PlumblineError
from plumbline.models import MAX_INTERACTION_ID
from plumbline.storage.sequence import MAX_BLOCK, Sequence

from tests.support.faults import Faults, counting, in_turn

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def blocks(sequence: Sequence, faults: Faults, clock: Clock, ids: int, seconds_each: float) -> list[int]:
    """The sizes of the blocks that so many ids, taken at that pace, came out of."""
    sizes: list[int] = []
    for _ in range(ids):
        calls = faults.calls
        sequence.next()
        clock.now += seconds_each
        if faults.calls > calls or not sizes:
            sizes.append(0)
        sizes[-1] += 1
    return sizes


def test_the_first_ids_are_1_2_3_for_whoever_tries_it_out(clients: Clients, stack: Stack) -> None:
    clock = Clock()
    sequence = Sequence(clients, stack.interactions, clock)
    taken = []
    for _ in range(5):
        taken.append(sequence.next())
        clock.now += 60
    # A process that starts anew goes on where this one was: no id has been lost.
    taken.append(Sequence(clients, stack.interactions, clock).next())
    assert taken == [1, 2, 3, 4, 5, 6]


def test_blocks_double_under_load_and_fall_back_after(clients: Clients, stack: Stack) -> None:
    clock, faults = Clock(), counting()
    sequence = Sequence(faults.wrap(clients), stack.interactions, clock)
    assert blocks(sequence, faults, clock, 2**12 - 1, 0.0) == [2**power for power in range(11)] + [1024, 1024]
    assert blocks(sequence, faults, clock, 1024, 0.1) == [MAX_BLOCK]
    slow = blocks(sequence, faults, clock, 60, 1.0)
    assert slow[0] == 20
    assert set(slow[1:]) == {2}


def test_a_steady_pace_asks_the_counter_about_every_two_seconds(clients: Clients, stack: Stack) -> None:
    clock, faults = Clock(), counting()
    sequence = Sequence(faults.wrap(clients), stack.interactions, clock)
    blocks(sequence, faults, clock, 200, 0.02)
    calls, began = faults.calls, clock.now
    blocks(sequence, faults, clock, 2_000, 0.02)
    assert (clock.now - began) / (faults.calls - calls) == pytest.approx(2.0, rel=0.1)


def test_processes_and_threads_never_share_an_id(clients: Clients, stack: Stack) -> None:
    together = in_turn(clients)
    sequences = [Sequence(together, stack.interactions) for _ in range(3)]
    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(lambda turn: sequences[turn % 3].next(), range(120)))
    reserved = sequences[0].reserve(50)
    assert len({*taken, *range(reserved, reserved + 50)}) == 170
    assert min(taken) == 1


def test_a_reserved_range_is_consecutive(clients: Clients, stack: Stack) -> None:
    sequence = Sequence(clients, stack.interactions)
    assert [sequence.reserve(10), sequence.reserve(1), sequence.reserve(1000), sequence.next()] == [
        1,
        11,
        12,
        1012,
    ]


def test_the_end_of_all_ids_is_an_error(clients: Clients, stack: Stack) -> None:
    sequence = Sequence(clients, stack.interactions)
    sequence.reserve(MAX_INTERACTION_ID)
    with pytest.raises(PlumblineError, match="all interaction ids"):
        sequence.next()
