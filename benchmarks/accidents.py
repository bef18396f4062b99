"""Accidents planted into real interactions: how answers of LLM applications go wrong, by kind.

Everything follows from the seed. An accident keeps as much of the interaction it happened to as the real one
would: a loop starts after some of the answer, a truncated answer is the answer's beginning, garbled text is
the answer decoded wrongly.
"""

# ruff: noqa: RUF001 - sentences end in other scripts too
from __future__ import annotations

import gzip
import html
import json
import re
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks.accident_dumps import BLOBS, DUMPS
from benchmarks.accident_texts import OTHER_SCRIPTS, REFUSALS_ENGLISH, REFUSALS_OTHER
from benchmarks.data import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Change = tuple[str, Pair]  # which variant it is, and the interaction after it

GROSS = ("empty", "looping", "garbled", "blob", "dump", "script", "huge")
SUBTLE = ("truncated", "refusal")

_EMPTY = ("", " ", "\n", "\n\n\n", "\u200b", "...", "…", "-", "?", ".", "[]", "{}", '""', "```\n```", "**")
_MISSING = ("null", "None", "undefined", "N/A", "nan", "[object Object]", '{"content": ""}', "<no response>")
_COMPLETE = re.compile(r"[.!?:;。！？؟।…\"'”’»)\]}>`*_|~-]\s*$|\n\s*$")


@dataclass(frozen=True, slots=True)
class Accident:
    """What was planted: its kind (of ``GROSS`` or ``SUBTLE``) and the variant of it."""

    kind: str
    variant: str


def plant(
    pairs: Sequence[Pair], rate: float, seed: int, kinds: Sequence[str] = GROSS + SUBTLE
) -> tuple[list[Pair], dict[int, Accident]]:
    """A copy of ``pairs`` with accidents in a share ``rate`` of them, and which one is where.

    Every kind is planted equally often. Where a kind cannot happen to an interaction (an answer too short to
    be cut off, a question that is not in English) another interaction takes it.
    """
    random = Random(seed)
    changed, accidents = list(pairs), dict[int, Accident]()
    order = list(range(len(pairs)))
    random.shuffle(order)
    wanted = round(len(pairs) * rate)
    for position in order:
        if len(accidents) == wanted:
            break
        kind = kinds[len(accidents) % len(kinds)]
        change = MAKERS[kind](random, pairs[position], pairs)
        if change is not None:
            accidents[position] = Accident(kind, change[0])
            changed[position] = change[1]
    return changed, accidents


def _empty(random: Random, pair: Pair, _: Sequence[Pair]) -> Change:
    if random.random() < 0.7:
        return "blank", Pair(pair.input, random.choice(_EMPTY))
    return "missing value", Pair(pair.input, random.choice(_MISSING))


def _looping(random: Random, pair: Pair, _: Sequence[Pair]) -> Change | None:
    words = pair.output.split()
    if len(words) < 12:
        return None
    variant = random.choice(("character", "word", "phrase", "sentence", "paragraph", "list", "alternating"))
    length = round(800 * 6 ** random.random())  # characters that the model's token limit leaves
    cut = random.randint(0, len(words) // 2)
    start = " ".join(words[:cut])
    at = random.randrange(len(words) - 8)
    phrase = " ".join(words[at : at + random.randint(2, 8)])
    sentences = [part for part in re.split(r"(?<=[.!?])\s+", pair.output) if len(part) > 20] or [pair.output[:120]]
    unit = {
        "character": random.choice(("!", "a", "0", ".", "=", "\n", "哈", "_", "1,")),
        "word": " " + random.choice(words),
        "phrase": " " + phrase,
        "sentence": " " + random.choice(sentences),
        "paragraph": "\n\n" + " ".join(sentences[:3]),
        "alternating": f"\nUser: {pair.input[:60]}\nAssistant: {phrase}",
    }.get(variant)
    if unit is None:
        lines = (f"\n{number}. {phrase}" for number in range(1, 2 + length // (len(phrase) + 4)))
        return variant, Pair(pair.input, start + "".join(lines))
    times = max(4, length // len(unit))
    return variant, Pair(pair.input, start + unit * times)


def _garbled(random: Random, pair: Pair, _: Sequence[Pair]) -> Change | None:
    text = pair.output
    if len(text) < 40:
        return None
    foreign = "".join(random.choices(OTHER_SCRIPTS[random.choice(sorted(OTHER_SCRIPTS))], k=len(text) // 60 + 2))
    tokens = re.findall(r"\w{1,5}|\W", text)
    random.shuffle(tokens)
    variants: dict[str, Callable[[], str]] = {
        "utf-8 as latin-1": lambda: foreign.encode().decode("latin-1"),
        "utf-8 as cp1252": lambda: foreign.encode().decode("cp1252", errors="replace"),
        "utf-8 as utf-16": lambda: text.encode().decode("utf-16-le", errors="replace"),
        "utf-16 as latin-1": lambda: text.encode("utf-16-le").decode("latin-1"),
        "utf-8 as ascii": lambda: foreign.encode().decode("ascii", errors="replace"),
        "random bytes": lambda: random.randbytes(len(text)).decode("latin-1"),
        "gzip as text": lambda: gzip.compress(text.encode(), mtime=0).decode("cp437"),
        "shuffled tokens": lambda: "".join(tokens),
        "mixed vocabulary": lambda: _word_salad(random, tokens),
        "unicode escapes": lambda: json.dumps(foreign),
        "percent encoded": lambda: quote(foreign),
        "html entities": lambda: html.escape(foreign).encode("ascii", "xmlcharrefreplace").decode(),
        "binary digits": lambda: " ".join(f"{byte:08b}" for byte in text.encode()[:200]),
    }
    variant = random.choice(sorted(variants))
    # NUL is what databases and APIs refuse: whoever logs such a text has replaced it.
    return variant, Pair(pair.input, variants[variant]().replace("\0", " "))


def _word_salad(random: Random, tokens: list[str]) -> str:
    """Tokens of the whole vocabulary in turn, as at a far too high temperature."""
    pieces = [*tokens, *(part for script in OTHER_SCRIPTS.values() for part in script[0].split())]
    pieces += ["\\n", "();", "##", "_id", "</", "ções", "ﾃ", "█", "ungen", "->", "0x", "ție", "�"] * 3
    return "".join(random.choices(pieces, k=max(60, len(tokens))))


def _blob(random: Random, pair: Pair, _: Sequence[Pair]) -> Change:
    variant = random.choice(sorted(BLOBS))
    return variant, Pair(pair.input, _led_in(random, pair, BLOBS[variant](random)))


def _dump(random: Random, pair: Pair, _: Sequence[Pair]) -> Change:
    variant = random.choice(sorted(DUMPS))
    return variant, Pair(pair.input, _led_in(random, pair, DUMPS[variant](random)))


def _led_in(random: Random, pair: Pair, text: str) -> str:
    """One in four comes after the beginning of the answer."""
    if random.random() < 0.75:
        return text
    return f"{' '.join(pair.output.split()[: random.randint(3, 20)])}\n\n{text}"


def _script(random: Random, pair: Pair, _: Sequence[Pair]) -> Change | None:
    if not pair.input.isascii() or len(pair.input) < 20:
        return None
    variant = random.choice(sorted(OTHER_SCRIPTS))
    sentences = list(OTHER_SCRIPTS[variant])
    random.shuffle(sentences)
    spoken = sentences[: random.randint(1, len(sentences))]
    answer = ("" if variant in {"chinese", "japanese"} else " ").join(spoken)
    if random.random() < 0.25:  # it slips in the middle of the answer
        answer = f"{' '.join(pair.output.split()[: random.randint(5, 30)])} {answer}"
    return variant, Pair(pair.input, answer)


def _huge(random: Random, pair: Pair, pairs: Sequence[Pair]) -> Change:
    length = round(6000 * 20 ** random.random())
    variant = random.choice(("document", "history", "repeated", "log", "blob", "spaces"))
    if variant == "document":
        filling = _filled(length, lambda: random.choice(pairs).output + "\n\n")
    elif variant == "history":
        filling = _filled(length, lambda: "User: {}\nAssistant: {}\n".format(*random.choice(pairs)))
    elif variant == "repeated":
        filling = (pair.input + "\n") * (length // (len(pair.input) + 1) + 1)
    elif variant == "log":
        filling = _filled(length, lambda: DUMPS["log"](random) + "\n")
    elif variant == "blob":
        filling = _filled(length, lambda: BLOBS["base64"](random))
    else:
        filling = " " * length
    return variant, Pair(f"{pair.input}\n\n{filling}", pair.output)


def _filled(length: int, part: Callable[[], str]) -> str:
    parts: list[str] = []
    size = 0
    while size < length:
        parts.append(part())
        size += len(parts[-1])
    return "".join(parts)[:length]


def _truncated(random: Random, pair: Pair, _: Sequence[Pair]) -> Change | None:
    """The answer's first 20 % to 90 %. A cut where a reader would not see one is not planted."""
    text = pair.output
    if len(text) < 100:
        return None
    cut = text[: random.randint(len(text) // 5, len(text) * 9 // 10)]
    rest = text[len(cut) :]
    in_word = cut[-1].isalnum() and rest[:1].isalnum()
    variant = "mid-word" if in_word else "mid-sentence"
    if in_word and random.random() < 0.5:  # tokens mostly are whole words
        cut, variant = cut.rsplit(None, 1)[0] if " " in cut else cut, "mid-sentence"
    visible = not _COMPLETE.search(cut) and not rest.lstrip(" ").startswith("\n")
    return (variant, Pair(pair.input, cut)) if visible else None


def _refusal(random: Random, pair: Pair, _: Sequence[Pair]) -> Change:
    if random.random() < 0.3:
        return "other language", Pair(pair.input, random.choice(REFUSALS_OTHER))
    topic = " ".join(pair.input.split()[:6])
    return "english", Pair(pair.input, random.choice(REFUSALS_ENGLISH).replace("{topic}", topic))


MAKERS: dict[str, Callable[[Random, Pair, Sequence[Pair]], Change | None]] = {
    "empty": _empty,
    "looping": _looping,
    "garbled": _garbled,
    "blob": _blob,
    "dump": _dump,
    "script": _script,
    "huge": _huge,
    "truncated": _truncated,
    "refusal": _refusal,
}
