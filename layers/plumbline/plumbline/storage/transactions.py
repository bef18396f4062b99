"""Writes of which all or none happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from plumbline.errors import Unavailable
from plumbline.storage.clients import available, is_transient
from plumbline.storage.retrying import PROMPT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from plumbline.storage.retrying import Backoff

CONDITION_FAILED = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"


class VersionConflict(Unavailable):
    """Somebody else replaced the baseline since it was loaded; load it again and repeat."""

    def __init__(self) -> None:
        super().__init__("The baseline was changed at the same moment. Please send the request again.")


class Cancelled(Exception):
    """A transaction whose conditions did not hold; nothing of it was written.

    ``codes`` has an entry a write, ``"None"`` where that one was fine; ``items`` what was found there.
    """

    def __init__(self, codes: Sequence[str], items: Sequence[Mapping[str, Any] | None]) -> None:
        super().__init__(f"the transaction was cancelled: {', '.join(codes)}")
        self.codes = tuple(codes)
        self.items = tuple(items)

    def failed(self, index: int) -> bool:
        """Whether the condition of that write did not hold."""
        return self.codes[index] == CONDITION_FAILED


def transact(
    dynamodb: DynamoDBClient,
    writes: Sequence[TransactWriteItemTypeDef],
    backoff: Backoff = PROMPT,
    *,
    yields: int = -1,
) -> None:
    """Write all or nothing, trying again while other transactions are in the way.

    ``yields`` is the index of a write that must not be fought over: a conflict there is reported at once.

    Raises:
        Cancelled: a condition does not hold, or there was a conflict at ``yields``.
        Unavailable: other transactions stayed in the way, or storage is busy or down.
    """
    for _ in backoff:
        try:
            with available():
                # botocore adds a ClientRequestToken, which makes its own retries of this call safe.
                dynamodb.transact_write_items(TransactItems=writes)
        except ClientError as error:
            cancelled = _cancelled(error)
            if cancelled is None:
                raise
            if CONDITION_FAILED in cancelled.codes or (yields >= 0 and cancelled.codes[yields] == CONFLICT):
                raise cancelled from error
            if not all(code == "None" or is_transient(code) for code in cancelled.codes):
                raise
        else:
            return


def _cancelled(error: ClientError) -> Cancelled | None:
    response: Mapping[str, Any] = error.response
    if response.get("Error", {}).get("Code") != "TransactionCanceledException":
        return None
    reasons = response.get("CancellationReasons", [])
    return Cancelled(
        [reason.get("Code", "None") for reason in reasons], [reason.get("Item") for reason in reasons]
    )
