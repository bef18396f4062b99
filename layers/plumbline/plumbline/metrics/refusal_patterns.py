"""Ways to decline, by language, as regular expressions for texts in lower case.

What is looked for is that the one who answers cannot, may not or will not do something; the signs are strings of
which every text that matches has one, so that most texts are done with without any regular expression.
"""

# ruff: noqa: E501, ISC004, RUF001 - patterns are easier to check unwrapped, and letters of other scripts are meant
from __future__ import annotations

# Beginnings of verbs: what is declined.
_TO_DO = (
    "help|assist|provid|fulfil|comply|answer|shar|discuss|writ|creat|generat|offer|engag|continu|support|do|process"
    "|complet|respond|produc|access|brows|open|view|perform|carry|proceed|participat|tak(?:e|ing) part|advis"
    "|recommend|predict|report|explain|translat|draw|display|book|go|giv(?:e|ing)(?! up| in| way)|tell(?:ing)? you|mak"
    "|say more|talk|speak|teach|show|guid|facilitat|promot|entertain|grant|accommodat|hono|be (?:of|part|involved)"
    "|express|reveal|disclos|play|list|role.?play|act|comment|speculat|choose|decid|determin|verify|send|call"
    "|endors|condon|touch"
)
_MAY_NOT = (
    "can(?:no|')t|can not|could(?:n't| not)|wo(?:n't|uld not)|will not|(?:am |'m )?(?:unable|not (?:able|allowed|permitted|"
    "authorized|authorised|comfortable|going|willing|prepared|capable|at liberty|in a position))(?: to| of| with)?"
    "|(?:refuse|decline) to|(?:do not|don't) feel comfortable|(?:do not|don't) want to"
)
_POLICY = "guidelines?|polic(?:y|ies)|programming|principles|rules|terms of (?:use|service)|safety standards"

# Each part is a way to decline in English.
ENGLISH = (
    rf"\b(?:i|we|i'm|i am|we're|we are) (?:\w+,? ){{0,2}}?(?:{_MAY_NOT}) (?:\w+ ){{0,3}}?(?:{_TO_DO})\w*\b(?! but)(?! (?:\w+ ){{0,4}}enough)",
    rf"\b(?:something|anything|topic|request|one|area|question)s? (?:that |which )?i (?:{_MAY_NOT})",
    r"(?:n't|not) (?:something|anything|a topic|a request|an area) (?:that |which )?(?:i|we)(?: can|'m| am|'ll| will)",
    r"\b(?:i|we)(?:'m| am)? (?:\w+ ){0,2}?(?:must|have to|need to|going to(?: have to)?|'ll have to|would(?: have to)?"
    r"|'d(?: have to)?|will(?: have to)?) (?:\w+ )?(?:decline|refuse|pass on)\b",
    r"\bi (?:\w+ )?(?:decline|refuse)\b",
    r"\b(?:i'd|i would|we'd) (?:rather|prefer) not\b(?! to say)",
    rf"\b(?:against|violat\w+|contrary to|outside(?: of)?|(?:not|n't) within|beyond|breach\w*) (?:\w+ ){{0,3}}?(?:{_POLICY})\b",
    rf"\b(?:{_POLICY}) (?:do not|don't|does not|doesn't|prevents?|prohibits?|forbids?)",
    r"\b(?:beyond|outside|falls outside|exceeds?) (?:of )?(?:what i|my (?:capabilities|abilities|scope))",
    r"\b(?:would(?:n't| not)|(?:is|are)(?:n't| not)) (?:be )?(?:appropriate|ethical|right|responsible|safe|possible)"
    r" for (?:me|us)\b",
    r"\bi (?:\w+ )?(?:don't|do not|lack) (?:\w+ )?have (?:\w+ ){0,3}?(?:access|ability|capability|capacity|permission"
    r"|information to (?:answer|respond|help))\b",
    r"\bi (?:\w+ )?lack (?:\w+ )?(?:ability|capability|capacity|permission|access)\b",
    r"\bno can do\b|\bi can do neither\b|\bi (?:can|will) not\.",
    r"\bsorry,? (?:but )?(?:\w+ ){0,2}?(?:this|that|your|the|it) (?:\w+ ){0,2}?(?:is|was|goes|violates|has been)(?: not|n't)?"
    r" (?:\w+ )?(?:inappropriate|against|appropriate|offensive|flagged|blocked|allowed|permitted|prohibited)",
)
ENGLISH_SIGNS = (
    *(
        "can't",
        "cannot",
        "can not",
        "couldn't",
        "could not",
        "won't",
        "will not",
        "unable",
        "not able",
        "not going",
    ),
    *("n't feel", "not feel", "n't want", "not want", "declin", "refus", "rather not", "prefer not", "guideline"),
    *(
        "polic",
        "programming",
        "principle",
        "rules",
        "terms of",
        "safety standard",
        "beyond",
        "outside",
        "appropriate",
    ),
    *("for me", "not have", "n't have", "lack", "no can do", "not something", "n't something", "not allowed"),
    *("not permitted", "not authori", "not comfortable", "not willing", "not prepared", "not capable", "neither"),
    *("not at liberty", "not in a position", "wouldn't", "would not", "i pass", "to pass", "n't anything"),
)

# The other languages: what "I cannot", "I may not", "I refuse" is, near what is declined.
OTHERS = (
    # German
    r"\b(?:kann|darf|werde|möchte|könnte|will) (?:\w+,? ){0,6}?(?:nicht|keine?[nrms]?|leider nicht)\b[^.!?]{0,60}"
    r"(?:helfen|beantworten|unterstützen|bearbeiten|geben|bereitstellen|erstellen|schreiben|nachkommen|entsprechen"
    r"|ausführen|erfüllen|liefern|weiterhelfen|dienen|äußern|besprechen|teilen|tun|nennen|anbieten)",
    r"\bdarf ich (?:\w+ ){0,3}nicht|nicht in der lage|gegen (?:meine|unsere) (?:richtlinien|grundsätze)|muss (?:ich )?(?:leider )?ablehnen|lehne ich ab",
    # French
    r"\b(?:ne (?:peux|puis|pourrai|saurais|pouvons)|n'ai|ne suis|ne m'est) (?:\w+ )?pas\b[^.!?]{0,50}(?:aider|répondre|fournir"
    r"|donner|assister|créer|écrire|accéder|discuter|partager|mesure|autorisé|possible|satisfaire|traiter|faire|droit)",
    r"\b(?:dois|préfère|suis contrainte?) (?:\w+ )?(?:de )?(?:refuser|décliner)|me permet(?:tent)? pas"
    r"|m'est impossible",
    # Spanish, Portuguese, Italian
    r"\bno (?:puedo|podemos|podré|me es posible|estoy (?:autorizad[oa]|en condiciones)|tengo permitido|debo)\b[^.!?]{0,50}"
    r"(?:ayud|proporcion|respond|contest|ofrec|compart|cre|escrib|gener|hacer|cumpl|brind|dar|habl|discut|asist|proces)",
    r"\bnão (?:posso|consigo|podemos|poderei|me é possível|tenho permissão|estou autorizad[oa])\b[^.!?]{0,50}"
    r"(?:ajud|forne|respond|oferec|compartilh|cri|escrev|ger|fazer|atend|dar|discut|auxili|process)",
    r"\bnon (?:posso|possiamo|sono (?:in grado|autorizzat[oa])|mi è (?:possibile|consentito|permesso))\b[^.!?]{0,50}"
    r"(?:aiut|forni|rispond|offr|condivid|cre|scriv|gener|fare|soddisf|dar|discut|assist|elabor)",
    # Dutch, Swedish, Danish and Norwegian, Polish, Czech
    r"\b(?:kan|mag|zal|wil) (?:\w+ ){0,5}?(?:niet|geen)\b[^.!?]{0,50}(?:help|beantwoord|geven|schrijven|verstrek|bied|voldoen|delen)",
    r"\b(?:kan|får) (?:\w+ )?(?:tyvärr |desværre |dessverre )?(?:inte|ikke)\b[^.!?]{0,40}(?:hjälp|hjelp|hjælp|svar|ge|gi|skriv|bist)",
    r"\bnie (?:mogę|jestem w stanie|możemy|wolno mi)\b[^.!?]{0,50}(?:pom|odpowied|udziel|poda|napisa|stworzy|spełni|udostępni)",
    r"\b(?:nemohu|nemůžu|nejsem schop\w+)\b[^.!?]{0,50}(?:pomo|odpov|poskyt|nap)",
    # Turkish, Indonesian, Vietnamese
    r"(?:yardımcı|yardım|cevap|yanıt|bilgi|yerine|paylaş|oluştur|yaz|sağla)\w*[^.!?]{0,25}(?:amam|emem|amıyor|emiyor)\w*",
    r"\b(?:saya|kami) (?:\w+ )?(?:tidak (?:dapat|bisa|mampu|boleh))\b[^.!?]{0,30}(?:membantu|menjawab|memberi|menulis|membuat|meny)",
    r"\btôi (?:\w+ )?không (?:thể|được phép)\b[^.!?]{0,30}(?:giúp|trả lời|cung cấp|hỗ trợ|viết|thực hiện|chia sẻ)",
    # Russian and Ukrainian, Greek
    r"\bне (?:могу|можу|можем|смогу|вправе|имею (?:права|возможности)|буду|в состоянии)\b[^.!?]{0,50}(?:помо|ответ|предостав"
    r"|допом|відпов|надат|обсужд|выполн|написа|созда|поделит|дать|сделат|говорит|рассказ|обработ)",
    r"δεν μπορ(?:ώ|ούμε)[^.;!]{0,40}(?:βοηθ|απαντ|παράσχ|δώσ|γράψ|συζητ)",
    # Chinese, Japanese, Korean
    r"(?:无法|無法|不能|不便|不会|不會|不可以|拒绝|拒絕|没办法|沒辦法)[^。！？]{0,12}(?:回答|协助|協助|帮|幫|提供|处理|處理|满足|滿足|讨论"
    r"|討論|完成|生成|创作|回应|回應|执行|執行|继续|繼續|分享|撰写|撰寫|支持|参与)",
    r"(?:答え|応え|手伝い|助け|提供|対応|回答|協力|お応|案内|教え|作成|支援|実行|サポート)[^。！？]{0,14}"
    r"(?:できません|出来ません|かねます|しません|いたしません|られません|できかね)",
    r"(?:도와|답변|답해|대답|제공|도움|응답|수행|처리|작성|알려|응할|논의|공유)[^.!?]{0,14}(?:없습니다|없어요|없네요|않습니다|않겠습니다|불가)",
    # Arabic, Persian, Hebrew, Hindi, Thai
    r"(?:لا (?:يمكنني|أستطيع|يمكننا|أقدر)|لن (?:أتمكن|أستطيع|أقدم)|غير (?:قادر|مسموح)|لست قادر)",
    r"(?:نمی‌?\u200c?(?:توانم|توانیم))[^.!؟]{0,40}",
    r"(?:לא (?:אוכל|יכול|יכולה|ניתן לי)|אינני יכול)[^.!?]{0,40}",
    r"(?:मदद|सहायता|उत्तर|जवाब|जानकारी|पूरा|प्रदान)[^।!?]{0,30}(?:नहीं|असमर्थ)",
    r"ไม่สามารถ[^\n]{0,20}(?:ช่วย|ตอบ|ให้|ดำเนินการ|ทำ)",
)
# One of these is in every refusal in the languages above.
OTHER_SIGNS = (
    *(
        " nicht",
        "kein",
        "ablehnen",
        "lehne ich ab",
        " pas ",
        "refuser",
        "décliner",
        "impossible",
        " puedo",
        "podemos",
        "no me es",
    ),
    *("não ", " posso", "possiamo", "non sono", "non mi", " niet", " geen", " inte ", " ikke ", "nie ", "nem"),
    *(
        "nejsem",
        "amam",
        "emem",
        "amıyor",
        "emiyor",
        "tidak ",
        "không ",
        "no estoy",
        "no tengo",
        "no debo",
        "no podré",
    ),
    *(
        "не ",
        "δεν μπορ",
        "法",
        "不",
        "拒",
        "ません",
        "かね",
        "없",
        "않",
        "불가",
        "لا ",
        "لن ",
        "غير ",
        "لست ",
        "نمی",
    ),
    *("לא ", "אינני", "नहीं", "असमर्थ", "ไม่"),
)
