"""A request to a chat completions API and its response, as applications log them, as an interaction."""

from __future__ import annotations

from typing import Any, NamedTuple

from plumbline.imports.messages import answer, conversation
from plumbline.imports.values import Unusable


class Log(NamedTuple):
    """What a log says. ``created_at`` is as it stands there, None where it does not."""

    input: str
    output: str
    system: str | None
    metadata: dict[str, Any]
    created_at: object


def read_log(request: object, response: object, request_key: str, response_key: str) -> Log:
    """The interaction that a request and its response are.

    ``{"messages": […]}`` or ``{"prompt": "…"}``, and ``{"choices": [{"message": {…}}]}`` or
    ``{"choices": [{"text": "…"}]}``; a response may also be the assistant's message itself.

    Raises:
        Unusable: they are of another form.
    """
    if not isinstance(request, dict):
        raise Unusable('There must be an object like {"messages": […]}.', request_key)
    if not isinstance(response, dict):
        raise Unusable('There must be an object like {"choices": [{"message": {…}}]}.', response_key)
    asked, system = _asked(request, request_key)
    answered, finish = _answered(response, response_key)
    model = response.get("model") or request.get("model")
    metadata = {"model": model, "finish_reason": finish, "response_id": response.get("id")}
    return Log(
        asked,
        answered,
        system,
        {name: value for name, value in metadata.items() if isinstance(value, str) and value},
        response.get("created"),
    )


def _asked(request: dict[str, Any], key: str) -> tuple[str, str | None]:
    if "messages" in request:
        asked = conversation(request["messages"], f"{key}.messages")
        system = asked.system or request.get("system")
        return asked.input, system if isinstance(system, str) else None
    if isinstance(request.get("prompt"), str):
        return request["prompt"], None
    raise Unusable('There must be an object like {"messages": […]}.', key)


def _answered(response: dict[str, Any], key: str) -> tuple[str, object]:
    """The output, and why it ended."""
    if response.get("role") == "assistant":
        return answer(response, key), response.get("stop_reason")
    choices = response.get("choices")
    if not isinstance(choices, list) or not choices:
        raise Unusable('There must be an object like {"choices": [{"message": {…}}]}.', key)
    if len(choices) > 1:
        raise Unusable(f"There are {len(choices)} choices, and one output is read. Keep one.", f"{key}.choices")
    choice = choices[0]
    if isinstance(choice, dict) and isinstance(choice.get("text"), str):
        return choice["text"], choice.get("finish_reason")
    message = choice.get("message") if isinstance(choice, dict) else None
    return answer(message, f"{key}.choices[0].message"), choice.get("finish_reason") if choice else None
