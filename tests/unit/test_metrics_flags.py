"""What lengths cannot tell: answers cut off, answers declined, leftovers of programs."""

# ruff: noqa: RUF001 - other scripts have marks and letters that look like Latin ones
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.metrics import measure
from plumbline.metrics.endings import Ending, ending
from plumbline.metrics.leftovers import is_placeholder
from plumbline.metrics.refusals import is_refusal


@pytest.mark.parametrize(
    "text",
    [
        "There are three reasons for this. The first of",
        "There are three reasons for this. The most impor",
        "You will need flour, sugar, butter,",
        "She opened the door (which had been",
        'He turned and said: "We must leave before',
        "The answer is **very",
        "Here you go:\n```python\nprint(1)",
        '{"name": "Ada", "languages": ["en", "fr',
        '[{"id": 1}, {"id":',
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3",
        "| a | b |\n|---|---|\n| 1 |",
        "Buy:\n- milk\n- eggs\n-",
        "for (int i = 0; i < n; i++) {\n    sum += values[i];",
        "total = compute(first, second,",
        "Zuerst öffnen Sie das Gerät. Danach lösen Sie die Schrauben und",
        "Откройте крышку. Затем возьмите ключ и",
        "It ends well, but then comes a new sentence. And ",
        "It is a city in France. The river there is the Seine",
        "1. Open the lid.\n2. Take out the battery.\n3. Look whether the contacts were cleaned",
    ],
)
def test_what_stops_in_the_middle_is_cut(text: str) -> None:
    assert ending(text) is Ending.CUT


@pytest.mark.parametrize(
    "text",
    [
        "There are three reasons for this. The one that counts most in my opinion is without doubt the impor",
        "It is a city in France. The river there is the Seine and many tourists visit it each year in spring",
        "首先打开盖子。然后取出电池并检查触点是否",
    ],
)
def test_prose_without_its_end_is_unended(text: str) -> None:
    assert ending(text) is Ending.UNENDED


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "Paris",
        "42",
        "All is well.",
        "All is well!",
        'He said "Yes."',
        "Really?\n",
        "今天天气很好。",
        "كل شيء على ما يرام؟",
        "सब ठीक है।",
        "Well done \U0001f389",
        "Love you ❤\ufe0f",
        "See https://example.org/guide",
        "Written in rain. #haiku #weather",
        "Best regards,\nJane Doe",
        "Buy:\n- milk\n- eggs\n- butter",
        "Roses are red\nViolets are blue\nSugar is sweet\nAnd so are you",
        "```python\nprint(1)\n```",
        '{"a": 1, "b": [2, 3]}',
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "def double(x):\n    return 2 * x",
        "#!/bin/bash\nfor f in *; do\n  echo $f\ndone\n\n# Usage: ./list.sh",
        "SELECT name FROM users WHERE age > 30;",
        "x = 5\nprint(x)",
        "Hint (see above)",
        "The Adventures of Huckleberry Finn",
    ],
)
def test_what_ends_well_is_whole(text: str) -> None:
    assert ending(text) is Ending.WHOLE


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_every_text_ends_somehow(text: str) -> None:
    assert ending(text) in Ending
    assert ending(text + "\n") in Ending


def test_truncated_early_is_cut_before_usual_limits() -> None:
    short = "There are three reasons for this. The first of"
    long = "There are three reasons for this, and they all are good. " * 40 + "The first of"
    assert (measure("", short)["output.truncated"], measure("", short)["output.truncated_early"]) == (1, 1)
    assert (measure("", long)["output.truncated"], measure("", long)["output.truncated_early"]) == (1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, but I can\u2019t assist with that request.",
        "I cannot provide instructions for that. If you have other questions, I'm happy to help.",
        "As an AI language model, I am not able to give medical advice.",
        "I must decline this request.",
        "That would go against my guidelines.",
        "I don't feel comfortable writing this.",
        "> Sorry, I won't do that.",
        "Es tut mir leid, aber dabei kann ich leider nicht helfen.",
        "Je ne peux pas vous aider avec cette demande.",
        "Lo siento, no puedo ayudarte con eso.",
        "Desculpe, mas não posso responder a isso.",
        "Mi dispiace, non posso aiutarti.",
        "Извините, я не могу помочь с этим.",
        "抱歉，我无法回答这个问题。",
        "申し訳ありませんが、お答えできません。",
        "죄송하지만 도와드릴 수 없습니다.",
        "عذراً، لا يمكنني المساعدة في ذلك.",
        "क्षमा करें, मैं इसमें मदद नहीं कर सकता।",
    ],
)
def test_refusals_in_many_languages(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure, here you are.",
        "I can't help but smile when I think of it.",
        "I can't recommend it enough!",
        '"I can\'t help you," said the dragon, and went back to sleep.',
        "I'm sorry to hear that. Here is what you can do: rest, drink water and sleep.",
        "I can't see the attachment. Could you please share it again?",
        "As an AI I have no opinion. However, most critics praise the film for its cast and its music.",
        "I cannot run code, but here is what it prints:\n```\n42\n```",
        "You cannot divide by zero.",
        "The door won't open because it is locked.",
        "Das Programm kann nicht gestartet werden.",
        "这种材料不能回收。",
        "I am unable to help. " + "There is much to be said of this question, though. " * 20,
    ],
)
def test_what_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


@pytest.mark.parametrize(
    "text", ["null", "None", " undefined\n", "N/A", "NaN", "[object Object]", '"null"', "`None`"]
)
def test_placeholders(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["", "None of them.", "nullify", "No.", "Nan is my grandmother", "0"])
def test_what_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: 1',
        "java.lang.Error: x\n\tat com.example.Main.run(Main.java:12)",
        "TypeError: x\n    at Object.<anonymous> (/app/index.js:3:9)",
        "goroutine 1 [running]:\nmain.main()",
        "thread 'main' panicked at src/main.rs:2:5:",
        "   at App.Main() in /src/Program.cs:line 7",
    ],
)
def test_stack_traces(text: str) -> None:
    assert measure("", text)["output.stack_trace"]


@pytest.mark.parametrize(
    "text", ["Look at this (or that) at 10:30.", "at home", "A traceback shows the last call."]
)
def test_what_is_no_stack_trace(text: str) -> None:
    assert not measure("", text)["output.stack_trace"]


@pytest.mark.parametrize(
    "piece", ["i cannot a ", "i we ", "i have to a, ", "nicht ich kann ", "ne peux pas ", "not a ", "不", " my a "]
)
def test_a_text_of_beginnings_of_refusals_is_told_at_once(piece: str) -> None:
    for length in (100, 260, 450, 700):
        is_refusal(piece * (length // len(piece)))
