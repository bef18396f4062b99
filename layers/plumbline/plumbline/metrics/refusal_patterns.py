"""Ways to decline in English, for texts in lower case with straight apostrophes.

What is looked for is the shape of a sentence, not its wording: the one who answers cannot, may not or will not do
one of the things that assistants do.
"""

# ruff: noqa: E501 - patterns are easier to check unwrapped
from __future__ import annotations

from typing import NamedTuple


class Way(NamedTuple):
    """A way to decline: regular expressions that are all found in one sentence.

    One of the ``signs`` is in every text that they are found in: most ways are done with without them.
    """

    signs: frozenset[str]
    parts: tuple[str, ...]


class Ways:
    """Several ways to decline, and all of their signs."""

    def __init__(self, *ways: Way) -> None:
        self.all = ways
        self.signs = tuple(sorted({sign for way in ways for sign in way.signs}))


def way(signs: str, *parts: str) -> Way:
    """A way by its signs, separated by bars, and its parts."""
    return Way(frozenset(signs.split("|")), parts)


# What is declined: beginnings of verbs.
_TO_DO = (
    "help|assist|provid|fulfil|comply|answer|shar|discuss|writ|creat|generat|offer|engag|continu|support|do(?!ub)|process"
    "|complet|respond|produc|access|brows|open|view|perform|carry|proceed|participat|tak(?:e|ing) part|advis"
    "|recommend|predict|report|explain|translat|draw|display|book|go|giv(?:e|ing)(?! up| in| way)|tell(?:ing)? you|mak"
    "|say (?:more|any)|talk|speak|teach|show|guid|facilitat|promot|entertain|grant|accommodat|hono|be (?:of|part|involved)"
    "|express|reveal|disclos|play|list|role.?play|act|comment|speculat|choose|decid|determin|verify|send|call"
    "|endors|condon|touch|handl|look up|impersonat|judg|assess|diagnos|prescrib|issu|chang|cancel|execut|search|weigh in"
)
_CANNOT = (
    "can(?:no|')t|can not|could(?:n't| not)|wo(?:n't|uld not)|will not|should(?:n't| not)|must(?:n't| not)|may not"
    "|(?:am |'m |are |'re |is )?(?:unable|not (?:able|allowed|permitted|authori[sz]ed|comfortable|going|willing|prepared|capable"
    "|supposed|meant|designed|set up|equipped|trained|cleared|qualified|at liberty|in a position))(?: to| of| with)?"
    "|(?:refuse|decline) to|(?:do not|don't) (?:feel comfortable|want to)"
)
_IDIOMS = "(?! (?:wait|believe|imagine|thank|remember|stop|overst|stress|emphas|find)\\w*)"
_WHO = "i|we|i'm|i am|we're|we are|(?:this|the) (?:assistant|chatbot|bot|chat|service|model|system)(?: is)?"
_POLICY = "guidelines?|polic(?:y|ies)|programming|principles|rules|terms of (?:use|service)|safety standards"
_MATTER = "something|anything|information|content|(?:a |an |the )?(?:topic|request|area|question|thing|kind|type|one|subject)"
_REQUEST = "request|message|prompt|question|content|query|conversation"

ENGLISH = Ways(
    # I cannot help; the assistant will not answer; I am not allowed to share
    way(
        "n't |cannot|not |unable|refuse|decline",
        rf"\b(?:{_WHO}) (?:\w+,? ){{0,2}}?(?:{_CANNOT}){_IDIOMS} (?:\w+ ){{0,3}}?(?:{_TO_DO})\w*\b(?! but)(?! (?:\w+ ){{0,4}}enough)",
    ),
    way(
        "n't |not ",
        r"\b(?:i|we|(?:this|the) (?:assistant|chatbot|bot|service|model)) (?:do(?:es)?(?: not|n't)) (?:\w+ )?(?:provide|offer|answer|discuss"
        r"|generate|create|share|assist|engage|comment|support|handle|participate|do (?:that|this|predictions?))\b",
    ),
    # something that I do not do; not something that I can do
    way(
        "n't |cannot|not |unable|refuse|decline",
        rf"\b(?:{_MATTER})s? (?:of \w+ \w+ )?(?:that |which )?(?:i|we) (?:{_CANNOT}|(?:do not|don't) (?:do|\w+))\b",
    ),
    way(
        "n't |not ",
        rf"(?:n't|not) (?:\w+ )?(?:{_MATTER})s? (?:that |which )?(?:i|we)(?: can\b| may\b| do\b|'m | am |'ll | will |'d )",
    ),
    way("n't |not ", rf"(?:n't|not) (?:\w+ )?(?:a )?(?:{_MATTER}) (?:\w+ ){{0,2}}?i (?:can|am|will)\b"),
    # I must decline; the answer is no; request denied
    way(
        "decline|refrain|abstain|pass on|say no|turn |stop here",
        r"\b(?:i|we)(?:'m| am|'ll|'d|'ve)? (?:\w+ ){0,2}?(?:must|have to|need to|got to|going to(?: have to)?|will(?: have to)?|would(?: have to)?|'ll have to|'d)?"
        r" ?(?:\w+ ){0,2}?(?:decline|refrain|abstain|pass on (?:it|this|that)|say no|turn (?:this|that|it|down)|stop here)\b",
    ),
    way(
        "declin|refus",
        r"\b(?:i|we) (?:\w+ )?(?:decline|refuse)\b(?! to believe)|\b(?:i'm|i am) (?:declining|refusing)\b",
    ),
    way("rather not|prefer not", r"\b(?:i'd|i would|we'd|i) (?:rather|prefer|would rather) not\b(?! to say)"),
    way("n't think", r"\bi don't think (?:that )?i (?:should|can|could)\b"),
    way(
        "answer |no, |nope|no. ",
        r"\banswer (?:is|has to be|must be|will have to be) no\b|^no(?:pe)?\b[,.!]* (?:i'm |i am )?not (?:doing|going|answering|helping|happening)",
    ),
    way(
        "blocked|flagged|denied|rejected|refused|declined|answered|processed|fulfilled|completed",
        rf"\b(?:{_REQUEST}) (?:has been |was |is |cannot be |can't be |could not be |will not be )?(?:blocked|flagged|denied|rejected|refused|declined"
        r"|answered|processed|fulfilled|completed)\b(?= (?:by|due|because|as|since|for)\b|[.:;,!]|$)",
    ),
    # against the rules; outside of what I do
    way(
        "guideline|polic|programming|principle|rules|terms of|safety standard",
        rf"\b(?:against|violat\w+|contrary to|outside(?: of)?|(?:not|n't) (?:within|comply with|allowed (?:by|under))|beyond|breach\w*|for) (?:\w+ ){{0,3}}?(?<!for )(?:{_POLICY})\b(?= (?:and|so|to)\b|[.,;:!]|$)",
    ),
    way(
        "guideline|polic|programming|principle|rules|terms of|safety standard",
        rf"\b(?:my|our|the) (?:\w+ ){{0,2}}?(?:{_POLICY}) (?:(?:do not|don't|does not|doesn't) (?:allow|permit|let|enable)|prevents? (?:me|us)|prohibits? (?:me|us)|forbids? (?:me|us))",
    ),
    way(
        "beyond|outside|exceed",
        r"\b(?:beyond|outside|exceeds?) (?:of )?(?:what (?:i|we)\b|(?:my|our|the) (?:\w+ )?(?:scope|remit|role|capabilit|abilit|expertise|kind|range|sort)"
        r"|(?:the )?(?:kind|sort|range|scope) of \w+ (?:i|we)\b)",
    ),
    way(
        "for me|for us",
        r"(?:n't|\bnot)(?: be)? ?(?:appropriate|ethical|right|responsible|safe|possible|permitted|allowed|unsafe)"
        r" (?:\w+ )?for (?:me|us)\b(?! humans| all)",
    ),
    way(
        "unsafe|unethical|inappropriate|irresponsible|illegal|wrong",
        r"\b(?:would be|is) (?:unsafe|unethical|inappropriate|irresponsible|illegal|wrong)\b[^.!?]{0,20}\b(?:i|we)(?:'m| am|'ll| will| must| have)",
    ),
    # only something else
    way(
        "only ",
        r"\b(?:i|we)(?:'m| am|'re| are)? (?:can |may )?only (?:able to |here to |designed to |set up to |meant to |allowed to )?(?:help|assist|answer|discuss|talk|respond|provide)\b",
    ),
    way(
        "my role|off limits|off-limits|the line|a line|go there",
        r"\bmy role is limited to\b|\boff.limits\b|\bi(?:'m| am|'ll| will|'d)? (?:\w+ )?draw(?:ing)? (?:a|the) line\b|\blet's not go there\b",
    ),
    # no way
    way(
        "lack|have no",
        r"\bi (?:\w+ )?(?:lack|have no) (?:\w+ )?(?:ability|capability|capacity|permission|access|way of)\b",
    ),
    way("no can do|neither|will not.|can not.", r"\bno can do\b|\bi can do neither\b|\bi (?:can|will) not\."),
    way(
        "sorry",
        r"\bsorry,? (?:but )?(?:\w+ ){0,2}?(?:this|that|your|the|it) (?:\w+ ){0,2}?(?:is|was|goes|violates|has been)(?: not|n't)?"
        r" (?:\w+ )?(?:inappropriate|against|appropriate|offensive|flagged|blocked|allowed|permitted|prohibited)",
    ),
)
