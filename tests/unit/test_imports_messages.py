"""Conversations as interactions."""

from __future__ import annotations

import pytest
from plumbline.imports.messages import Conversation, answer, conversation, exchange
from plumbline.imports.values import Unusable

USER = {"role": "user", "content": "q"}
ASSISTANT = {"role": "assistant", "content": "a"}


def test_one_question_is_the_input_and_instructions_are_apart() -> None:
    system = [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "And kind."}]
    assert exchange([*system, USER, ASSISTANT], "messages") == (Conversation("q", "Be brief.\n\nAnd kind."), "a")


def test_a_longer_conversation_is_a_transcript_up_to_the_last_answer() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f"}}]}
    tool = {"role": "tool", "content": "4"}
    late = {"role": "system", "content": "Hurry."}
    asked, output = exchange([USER, call, tool, late, ASSISTANT, USER, ASSISTANT], "messages")
    assert asked == Conversation("user: q\ntool: 4\nsystem: Hurry.\nassistant: a\nuser: q", None)
    assert output == "a"


def test_the_texts_among_the_parts_are_joined() -> None:
    parts = [
        {"type": "text", "text": "1"},
        {"type": "image_url", "image_url": {"url": "data:"}},
        {"type": "input_text", "text": "2"},
        "3",
    ]
    assert conversation([{"role": "user", "content": parts}], "messages").input == "1\n2\n3"
    assert answer({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, "message") == "No."


def test_a_refusal_is_an_answer_and_so_is_nothing() -> None:
    assert answer({"role": "assistant", "content": None, "refusal": "I cannot."}, "message") == "I cannot."
    assert answer({"role": "assistant", "content": None}, "message") == ""


@pytest.mark.parametrize(
    ("messages", "key", "problem"),
    [
        (None, "messages", "There must be a list of messages"),
        ([], "messages", "There must be a list of messages"),
        ({"role": "user"}, "messages", "There must be a list of messages"),
        (
            [USER, USER],
            "messages",
            "The last message must be the assistant's, which is the output, not one of “user”.",
        ),
        ([ASSISTANT], "messages", "There is no user's message, which is the input."),
        ([{"role": "system", "content": "x"}, ASSISTANT], "messages", "There is no user's message"),
        ([USER, "a"], "messages[1]", "A message is an object like"),
        ([{"content": "q"}, ASSISTANT], "messages[0]", "A message is an object like"),
        ([{"role": "user", "content": 5}, ASSISTANT], "messages[0].content", "text or a list of parts"),
        ([{"role": "user", "content": [5]}, ASSISTANT], "messages[0].content[0]", "A part is an object like"),
        (
            [{"role": "user", "content": [{"type": "text"}]}, ASSISTANT],
            "messages[0].content[0]",
            "A part of type text has its text in “text”.",
        ),
        (
            [USER, {"role": "assistant", "content": None, "tool_calls": [{}]}],
            "messages[1]",
            "The assistant's message calls a tool and holds no text",
        ),
    ],
)
def test_what_is_no_exchange(messages: object, key: str, problem: str) -> None:
    with pytest.raises(Unusable) as caught:
        exchange(messages, "messages")
    assert caught.value.column == key
    assert problem in caught.value.problem
