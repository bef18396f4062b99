"""Which tests run one after the other in one process, where several processes run them."""

from __future__ import annotations

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_STACKS_OF_THEIR_OWN = ("test_faults_restart", "test_readme", "test_sam_local")


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests are a group; so are all those on the one local stack, and those that start stacks anew."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.split("::", 1)[0])
        if path.parent.name != "e2e":
            return str(path)
        return "other stacks" if path.stem in _STACKS_OF_THEIR_OWN else "local stack"
