"""Conversations in OpenAI's form, as an interaction's two texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plumbline.imports.values import Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

_TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
_SYSTEM = ("system", "developer")


class Conversation(NamedTuple):
    """What the model was asked, and with which instructions (None: with none)."""

    input: str
    system: str | None


class _Message(NamedTuple):
    role: str
    text: str


def exchange(messages: object, key: str) -> tuple[Conversation, str]:
    """A conversation that ends with the model's answer, and that answer.

    Raises:
        Unusable: it is none.
    """
    read = _messages(messages, key)
    if read[-1].role != "assistant":
        raise Unusable(
            f"The last message must be the assistant's, which is the output, not one of “{read[-1].role[:40]}”.",
            key,
        )
    assert isinstance(messages, list)
    return _conversation(read[:-1], key), answer(messages[-1], f"{key}[{len(messages) - 1}]")


def conversation(messages: object, key: str) -> Conversation:
    """What the model was asked in messages that it is still to answer.

    The only message beside instructions is the input; of several, each is a line ``role: text``.

    Raises:
        Unusable: it is no list of messages.
    """
    return _conversation(_messages(messages, key), key)


def answer(message: object, key: str) -> str:
    """The text of the assistant's message.

    Raises:
        Unusable: it is no message, or has no text.
    """
    read = _message(message, key)
    if not read.text and isinstance(message, dict) and (message.get("tool_calls") or message.get("function_call")):
        raise Unusable("The assistant's message calls a tool and holds no text, so there is no output.", key)
    return read.text


def is_messages(value: object) -> bool:
    """Whether a value looks like a list of messages."""
    return (
        isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "role" in one for one in value)
    )


def _conversation(messages: Sequence[_Message], key: str) -> Conversation:
    first = next((index for index, one in enumerate(messages) if one.role not in _SYSTEM), len(messages))
    system = "\n\n".join(one.text for one in messages[:first]) if first else None
    asked = messages[first:]
    if not asked:
        raise Unusable("There is no user's message, which is the input.", key)
    if len(asked) == 1 and asked[0].role == "user":
        return Conversation(asked[0].text, system)
    return Conversation("\n".join(f"{one.role}: {one.text}" for one in asked if one.text), system)


def _messages(messages: object, key: str) -> list[_Message]:
    if not isinstance(messages, list) or not messages:
        raise Unusable('There must be a list of messages, like [{"role": "user", "content": "…"}].', key)
    return [_message(one, f"{key}[{index}]") for index, one in enumerate(messages)]


def _message(message: object, key: str) -> _Message:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(role, str):
        raise Unusable('A message is an object like {"role": "user", "content": "…"}.', key)
    content = message.get("content")
    if content is None:
        refusal = message.get("refusal")
        return _Message(role, refusal if isinstance(refusal, str) else "")
    if isinstance(content, str):
        return _Message(role, content)
    if isinstance(content, list):
        return _Message(role, "\n".join(_texts(content, f"{key}.content")))
    raise Unusable("A message's content is text or a list of parts.", f"{key}.content")


def _texts(parts: Sequence[Any], key: str) -> list[str]:
    """The texts among the parts; pictures, sounds and files are left out."""
    found: list[str] = []
    for index, part in enumerate(parts):
        if isinstance(part, str):
            found.append(part)
        elif not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise Unusable('A part is an object like {"type": "text", "text": "…"}.', f"{key}[{index}]")
        elif (name := _TEXT_PARTS.get(part["type"])) is not None:
            if not isinstance(part.get(name), str):
                raise Unusable(f"A part of type {part['type']} has its text in “{name}”.", f"{key}[{index}]")
            found.append(part[name])
    return found
