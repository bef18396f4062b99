"""What API Gateway's own authorisers found out about a caller, where they are turned on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from plumbline.access.scopes import SCOPES, claimed_scopes
from plumbline.errors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.access.scopes import Scope

# RFC 8693 names the claim scope; Microsoft Entra ID and Okta name it scp.
_CLAIMS = ("scope", "scp")


def granted_by_gateway(authorizer: Literal["jwt", "iam"], event: Mapping[str, Any]) -> frozenset[Scope]:
    """The scopes of a caller that the gateway has let through.

    Of a JWT they are those in its claim. With IAM they are all: policies on methods and paths decide there.

    Raises:
        Unauthorized: the gateway's authoriser has left no trace: the route is not behind it.
    """
    context = event.get("requestContext")
    left = context.get("authorizer") if isinstance(context, dict) else None
    found = left.get(authorizer) if isinstance(left, dict) else None
    if not isinstance(found, dict):
        raise Unauthorized("This address takes only callers that the gateway has authorised.")
    if authorizer == "iam":
        return frozenset(SCOPES)
    claims = found.get("claims")
    claimed = [claims.get(name, "") for name in _CLAIMS] if isinstance(claims, dict) else []
    return frozenset().union(*(claimed_scopes(claim) for claim in claimed if isinstance(claim, str)))


def named_by_gateway(authorizer: Literal["jwt", "iam"], event: Mapping[str, Any]) -> str:
    """Who a caller is that has been let through, in the authoriser's words: a token's subject, or a user's ARN."""
    found = event["requestContext"]["authorizer"][authorizer]
    claims = found.get("claims")
    name = found.get("userArn") if authorizer == "iam" else claims.get("sub") if isinstance(claims, dict) else None
    return f"{authorizer}:{name or ''}"
