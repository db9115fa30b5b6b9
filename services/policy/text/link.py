"""Links, addresses and handles, plain or disguised, seen without understanding a word. Pure."""

from collections.abc import Iterator

import re2

_TLDS = (
    "com|net|org|info|biz|io|ai|app|dev|co|me|jobs|work|link|ly|gg|gl|to|eu|uk|de|fr|es|pt|it|nl|pl|se|dk|no|fi|cz|tr|ru|ua|jp|cn|kr"
    "|us|ca|au|ch|at|be|in|tv|cc|xyz|online|site|shop|store|tech|careers|career|page|news|live|team|cloud|email|group|global|agency"
    "|br|mx|ar|cl|ie|is|sk|hu|ro|bg|gr|il|nz|za|sg|hk|tw|id|my|th|vn|ph|su|click|top|club|pro|recruit|hr|example|test|invalid|gle|fyi|so|im|st"
)
#: Endings that are words of no covered language: before them, what only stands for a dot is one.
_NO_WORDS = "com|net|org|io|biz|xyz|eu|uk|ru|ua|cz|dk"
_AT = "at|arobase|arroba|chiocciola|malpa|apenstaartje|snabel-?a|kroll-?alfa|zavinac|собака|собачка|равлик|アット"
_DOT = "dot|d0t|punkt|punto|ponto|point|kropka|punt|punktum|tecka|nokta|точка|крапка|ドット"
_PLACES = "linkedin|twitter|facebook|instagram|insta|xing|github|telegram|tiktok|youtube|snapchat|skype|discord|wechat|bluesky|calendly"
#: Endings in other scripts than Latin.
_OTHER_TLDS = (
    "рф|рус|бел|укр|срб|мкд|бг|қаз|ком|орг|онлайн|сайт|ελ|ευ|中国|中國|公司|网络|網路|网址|在线|香港|台湾|新加坡|みんな|コム|テスト|한국|닷컴|닷넷"
    "|भारत|ไทย|ישראל|קום|מצר|موقع|شبكة|مصر|السعودية|امارات|المغرب|ایران|პატ|გე|հայ"
)
#: Where one searches, and the requests to do so, of the languages that no rule tells it of.
_ENGINES = "google|bing|yahoo|ecosia|qwant|duckduckgo|startpage|(?:\\w+ )?(?:moteurs? de recherche|motore di ricerca|wyszukiwark\\w+|sokmotor\\w*|buscador)"
_SEARCH = (
    "procure|pesquise|busque|digite|basta (?:procurar|pesquisar|buscar|digitar)|tape[zr]?|cherchez|recherchez|suffit de (?:chercher|taper)"
    "|cerchi|cercate|digiti|digitate|basta (?:cercare|digitare)|wpisz|poszukaj|wyszukaj|wystarczy (?:wpisac|poszukac|wyszukac)|sok pa|sok efter"
)
#: What stands between told parts of an address.
_GAP = r"[ ()\[\]{}<>._-]{1,4}"
_PART = r"[\pL\pN]+"

_WRITTEN = (
    re2.compile(
        r"(?i)\b(?:https?|hxxps?|ftp|mailto|tel|sms|callto|skype|whatsapp|javascript|data) ?: ?/{0,2}[^\s]|://|\bwww\d?\."
    ),
    re2.compile(r"[\w.+%-]{1,64} ?(?:@|\(at\)|\[at\]|\{at\}) ?[\w-]+"),
    re2.compile(r"(?:^|[\s(:])@[A-Za-z_][\w.]{2,}"),
    # A host with a port, and the figures of a host.
    re2.compile(
        r"(?i)\blocalhost ?[:/]|\b[a-z][\w-]*:\d{2,5}/|\[[0-9a-f]*:[0-9a-f.]*:[0-9a-f:.]*\]|\b(?:[0-9a-f]{1,4}:){7}"
    ),
    # A host whose signs are written as codes, one without a scheme, and one that ends in another script.
    re2.compile(r"(?i)\pL%(?:2[0-9a-f]|3[a-f]|40|5f)\pL|(?:^|[\s(])//[\pL\pN][\pL\pN.-]*/[\pL\pN]"),
    re2.compile(rf"(?i)\b[a-z0-9-]+\.(?:{_TLDS}):\d{{2,5}}\b|[\pL\pN]\.(?:{_OTHER_TLDS})(?:$|[^\pL\pN])"),
    # A dot that is set apart, or another sign in its place.
    re2.compile(rf"(?i)[\pL\pN] ?[(\[{{<] ?[.·•∙‧⋅] ?[)\]}}>] ?[\pL\pN]|[\pL\pN][·•∙‧⋅](?:{_NO_WORDS})\b"),
    re2.compile(
        rf"(?im)[\pL\pN] , ?(?:{_NO_WORDS})\b|[\pL\pN],(?:{_NO_WORDS})(?:/|[.!;) ]*$)|[\pL\pN] [·•∙‧⋅] (?:{_NO_WORDS})[.!;) ]*$"
    ),
)
_TOLD = (
    re2.compile(
        rf"\b[\w-]+ ?[(\[{{<]? ?\b(?:dot|punkt|punto|ponto|point|kropka|punt|d0t)\b ?[)\]}}>]? ?(?:{_TLDS})\b"
        r"|\b[\w-]+ ?\. ?(?:com|net|org|io)\b ?/|\bdot ?com\b|\b\w+\s\[?\(?\.\)?\]?\s(?:com|net|org|io)\b"
    ),
    re2.compile(rf"\bwww\d? [\pL\pN-]+ (?:{_TLDS})\b"),
    re2.compile(rf"\b(?:{_SEARCH}) [^\n.!?]{{1,40}} (?:{_ENGINES})\b|(?:^|[.!?,;:\n] ?)googla [\pL\pN]"),
    re2.compile(rf"{_PART} (?:{_AT}) [\pL\pN-]+ (?:{_DOT}) {_PART}"),
    re2.compile(rf"{_PART}{_GAP}(?:{_AT}){_GAP}[\pL\pN-]+?{_GAP}(?:{_DOT}){_GAP}{_PART}"),
    re2.compile(
        rf"{_PART}{_GAP}(?:{_DOT}|period|full ?stop){_GAP}(?:(?:{_NO_WORDS})\b|ру|ком|рф|юа|орг)"
        rf"|\w{{2,}}dot(?:{_NO_WORDS})\b"
    ),
    # A profile: the place and, told or written, who is meant there.
    re2.compile(
        rf"\b(?:{_PLACES}) (?:slash|schragstrich|barra|sbarra|ukosnik|snedstreck|слэш|слеш) {_PART}|\bslash {_PART} slash\b"
        rf"|\b(?:{_PLACES})/[\w.-]+/[\w.-]"
        rf"|\b(?:{_PLACES}|ig|tg|fb|wa) ?[:=]? ?[a-z0-9.]*[a-z0-9](?:_[a-z0-9]|\.[a-z0-9]+_)[\w.]*"
        r"|\b(?:insta|ig|tg|fb|snap|skype|telegram|tiktok) ?[:=] ?@?[a-z0-9]{3,}"
    ),
)
_DOMAIN = re2.compile(rf"(?i)(?:^|[^\w@.])((?:[\w-]{{1,63}}[.․。．｡])+(?:{_TLDS}))(?:$|[^\w-])(/?)")
_WITH_LETTERS = re2.compile(r"\b[0-9A-Z]*[A-Z][0-9A-Z]*\b|\b[0-9a-z]*[a-z][0-9a-z]*\b")
#: Figures that stand for letters among letters.
_LETTERS = str.maketrans("0135", "oles")


def links(plain: str, folded: str, field: str) -> Iterator[str]:
    """The words that are followed, as they stand in the text or in its folded form."""
    for patterns, text in ((_WRITTEN, plain), (_TOLD, folded)):
        for pattern in patterns:
            if found := pattern.search(text):
                yield found.group()
    if field == "company" and "/" not in plain:
        return
    for text in (plain, _WITH_LETTERS.sub(lambda word: word.group().translate(_LETTERS), plain)):
        found = _DOMAIN.search(text)
        if found and not _sentence_end(found.group(1)):
            yield found.group(1)
            return


def _sentence_end(token: str) -> bool:
    """`reply.It`: a blank was forgotten."""
    last = token.rpartition(".")[2]
    return last[:1].isupper() and last[1:].islower() and token.count(".") == 1
