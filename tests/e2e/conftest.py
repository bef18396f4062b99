"""The local stack: one for the whole session, and fresh ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.local_stack import LocalStack, engine_wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@pytest.fixture(scope="session")
def local_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The template, built and deployed onto the local AWS, each function held to what its role allows; skipped
    where that is not asked for.
    """
    yield from _running(tmp_path_factory, enforce_iam=True)


@pytest.fixture
def fresh_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """Another one that holds nothing yet: what is usual in it does not depend on the tests before."""
    yield from _running(tmp_path_factory)


def _running(tmp_path_factory: pytest.TempPathFactory, *, enforce_iam: bool = False) -> Iterator[LocalStack]:
    if not engine_wanted():
        pytest.skip("PLUMBLINE_LOCAL_STACK=1 is not set: it runs the tests on the local stack")
    started = LocalStack(tmp_path_factory.mktemp("stack") / "state", enforce_iam)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def http(local_stack: LocalStack) -> Iterator[httpx.Client]:
    with local_stack.http() as client:
        yield client


# The local AWS lists a large table slowly: what fills it comes behind what looks at it, and last of all comes what
# deploys the stack with other parameters for good.
_LAST = ("test_main_job", "test_imports_queued", "test_imports", "test_parameters")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the shared stack's tests in an order of their own."""
    places = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    ordered = sorted((items[place] for place in places), key=_turn)
    for place, item in zip(places, ordered, strict=True):
        items[place] = item


def _turn(item: pytest.Item) -> int:
    return _LAST.index(item.path.stem) + 1 if item.path.stem in _LAST else 0
