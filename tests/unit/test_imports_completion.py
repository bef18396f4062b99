"""Two that end one import at the same moment: the second finds the parts that the first has removed gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.errors import NotFound
from plumbline.imports.completion import Completion
from plumbline.imports.source import recognise
from plumbline.models import Import

if TYPE_CHECKING:
    from plumbline.imports.stores import Stores
    from plumbline.models import ImportState

import io

DONE = Import(
    id=1,
    bucket="uploads",
    key="uploads/a.csv",
    version="1",
    filename="a.csv",
    state="running",
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
    chunks=1,
    chunks_done=1,
    planned=True,
    rows_read=2,
    rows_stored=1,
    rows_rejected=1,
    source=recognise(io.BytesIO(b"Input,Output\n"), "a.csv").to_json(),
)


class PartsGone:
    """A bucket in which the rejected parts are not there any more."""

    def put_all(self, *_: object) -> None:
        raise NotFound("there is no such file (any more)")


def stores(*states: ImportState) -> Stores:
    seen = iter(states)

    def get(_: int) -> Import:
        return replace(DONE, state=next(seen))

    made: Any = SimpleNamespace(imports=SimpleNamespace(get=get), chunks=None, files=PartsGone())
    return made  # type: ignore[no-any-return]


def nobody_is_told(_: Import) -> None:
    pytest.fail("it ended again")


def test_the_second_to_end_an_import_leaves_it_as_it_is() -> None:
    Completion(stores("running", "succeeded_with_problems"), nobody_is_told).check(1)


def test_parts_that_nobody_has_joined_are_missed() -> None:
    with pytest.raises(NotFound):
        Completion(stores("running", "running"), nobody_is_told).check(1)
