"""English function words: articles, pronouns, prepositions, conjunctions, auxiliaries (closed classes)."""

from __future__ import annotations

_WORDS = """
a an the this that these those each every either neither some any no all both half such what which whose i me
my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
herself it its itself they them their theirs themselves who whom one ones someone somebody something anyone
anybody anything everyone everybody everything nobody nothing none other others another about above across
after against along among around as at before behind below beneath beside besides between beyond by despite
down during except for from in inside into like near of off on onto out outside over past per since through
throughout till to toward towards under until up upon via with within without and but or nor so yet if then
else because although though while whereas unless whether than when whenever where wherever why how not am is
are was were be been being do does did doing done have has had having can could may might must shall should
will would ought im ive id ill youre youve youll youd hes shes theyre theyve theyll weve isnt arent wasnt
werent dont doesnt didnt havent hasnt hadnt cant cannot couldnt wont wouldnt shouldnt thats theres heres lets
there here also just very too only even still again once ever never
"""
FUNCTION_WORDS = frozenset(_WORDS.split())
