"""What a sentence goes on after, and words of up to three letters, to tell from words' beginnings."""

# ruff: noqa: RUF001 - Cyrillic letters look like Latin ones
from __future__ import annotations

_GOES_ON = """
a an the and or but nor of to from with without for in into on onto at by as than that which who whom whose
because although though while whereas unless if whether since until is are was were been being has have had
can could may might must shall should will would do does did their your its our my his her this these those
such very more most so not no between among through during against towards toward upon via per including using
include includes included provide provides providing ensure ensures ensuring make makes making allow allows
allowing helping consider considering involve involves involving require requires enable enables create
creates creating follow follows contain contains become becomes becoming maintain improve improves reduce
reduces increase increases promote promotes offering give gives giving take takes taking keep keeps keeping
find get gets getting let lets trying seem seems known based due according various several many different
specific certain potential particular additional important new another multiple within rather what when where
near just only even often usually typically generally especially particularly mainly i we he she they it's
you're they're there's i'm we're let's also both either each every some any der die das den dem des ein eine
einen einem einer und oder aber zu zum zur von vom mit für im auf als wie dass weil wenn ist sind war wird
werden kann nicht auch sich bei nach aus durch über le la les un une du de et ou mais à au aux pour par avec
sans dans sur en que qui est sont ce cette ces son sa el los las una unos unas del y o pero con sin para por
como se su sus es más lo al il gli di da che e è della dello delle nel nella sono os um uma dos mas com sem em
na nos nas são ao pelo pela het een van maar met voor op te dat zijn и в во на с со к ко об от до за из у не
но или а что как для при это
"""
GOES_ON = frozenset(_GOES_ON.split())

_SHORT = """
x y z n k q b c d e f g j l m p r s t u v w ab ad ah ai am ax bc bs bye cd ce cm co da db dc de dj dm dr ed el
er eu ex fe ft gb ga gi go gp ha hd he hi hm hp hr hz ia id ii in io ip is it iv jr js kb kg km la lb lo ls ma
mb md me mg mi ml mm mr ms mu my ne ny ob of oh ok on or os ox oz pa pc ph pi pm pr ps py qa re rm rx sd sh si
sn so sq st tb tv ui uk un up us ux va vi vr vs we wi ye yo abc abs ace act add ado ads age ago aid ail aim
air ale all alt amp and ant any ape api app apt arc are ark arm art ash ask ate ave awe awk axe bad bag ban
bar bat bay bbc bed bee beg bet bib bid big bin bio bit bob bot bow box boy bra bud bug bun bus but buy cab
cap car cat cbt ceo cnn cod cop cow cpu cry csv cub cue cup cut dad dam day def del den dew did die dig dim
din dip div diy dna dns dog doe dot dry dub due dug dvd dye ear eat ebb egg ego elf elk elm end eos era eve
ewe eye fad fan far fat fax fed fee few fig fin fir fit fix flu fly foe fog for fox fps fry ftp fun fur gag
gap gas gdp gel gem get gif gin git gmt god got gps gpt gpu gui gum gun gut guy gym had ham has hat hay hen
her hex hey hid him hip his hit hiv hop hot how hub hue hug hut ice icy ill inc ink inn ion ios its ivy jam
jar jaw jet jew jim job joe jog joy jug key kid kin kit lab lad lag lap law lay led lee leg let lid lie lip
lit log lot low mac mad man map mat max may men met mic mid min mix mob mom mow mph mud mug nap nba net new
nfl nil nod non nor not now npm nut oak oar oat odd off oil old one opt orb ore our out owe owl own pad pal
pan pat paw pay pdf pea peg pen per pet php pie pig pin pip pit pop pot pow pro pub pun put ram ran rap rat
raw ray red ref rib rid rig rim rip rna rob rod rot row rub rug rum run rye sad san sap sat saw say sea see
set sew sex she shy sin sip sir sit six ski sky soy spa sql src sub sue sum sun tab tag tan tap tax tea ted
ten the tie tim tin tip toe ton too top tow toy try tub two txt url usa usb use utc van var vat vet via vow
vpn war was wax way web wed wet who why wig win wit woe won wow xml yes yet you zip zoo len str int num arr
cur env cmd dir usr tmp std obj val idx res req err msg args img png jpg css svg
"""
SHORT_WORDS = frozenset(_SHORT.split())
