"""The one spelling of every identifier: two spellings of one address are one, two addresses never are.

Nothing here guesses: where a provider tells dots or tags apart so do we, and look-alike letters stay apart.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

import idna
import phonenumbers

#: Longer than any identifier there is; stops the work on rubbish before it begins.
_LONGEST = 2048
_LONGEST_EMAIL = 320
#: RFC 1035.
_LONGEST_DOMAIN = 253
#: Country code and all: the shortest numbers that can be dialled from abroad.
_SHORTEST_PHONE = 7

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
#: Providers that deliver name+tag to name, by their own documentation. Yahoo is not among them: its tags
#: follow a hyphen and a name of their own.
_PLUS_TAGS = frozenset(
    (
        *("outlook.com", "outlook.de", "outlook.fr", "outlook.es", "outlook.it", "msn.com"),
        *("hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.fr", "hotmail.es", "hotmail.it"),
        *("live.com", "live.co.uk", "live.de", "live.fr", "live.nl"),
        *("icloud.com", "me.com", "mac.com"),
        *("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
        *("fastmail.com", "fastmail.fm", "posteo.de", "posteo.net", "mailbox.org", "hey.com"),
        *("zoho.com", "yandex.com", "yandex.ru"),
    )
)

_NO_LOCAL = re.compile(r"[\s@<>,;\x00-\x1f\x7f]")
#: RFC 3986, section 2.3: what needs no encoding anywhere, as most names in addresses do not.
_UNRESERVED = re.compile(r"[a-z0-9._~-]*", re.ASCII | re.IGNORECASE)
_LABEL = re.compile(r"(?:[a-z0-9_-]|[^\x00-\x7f])+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LOCALE = r"[a-z]{2,3}(?:-[a-z]{2,4})?"
_SITE_PREFIX = re.compile(rf"(?:{_LOCALE}|mobile|touch)\.")

#: Sites of profiles: their host, and the path under which a person has a name; what follows it (a locale, a
#: tab) says nothing about who it is. Names there do not tell case apart.
_SITES = {
    "linkedin.com": ("in",),
    "xing.com": ("profile",),
    "github.com": (),
    "gitlab.com": (),
    "x.com": (),
    "twitter.com": (),
    "stackoverflow.com": ("users",),
}
_SAME_SITE = {"twitter.com": "x.com"}
#: Sites whose hosts carry a language in front; elsewhere such a host may be another site altogether.
_LOCALISED = frozenset({"linkedin.com", "xing.com"})
#: Elsewhere a query may be all that tells two persons apart; these parameters do, the rest is tracking.
_NAMING = frozenset(
    (
        *("id", "uid", "user", "user_id", "userid", "member"),
        *("profile", "profile_id", "profileid", "candidate", "candidate_id", "candidateid"),
    )
)
#: Pages of companies on sites of persons: everybody who ever worked there would be one person.
_COMPANIES = frozenset({"company", "companies", "school", "showcase", "jobs", "groups"})


def canonical_email(text: str) -> str | None:
    """The one spelling of an address, in lower case, its domain in A-labels (RFC 5890); None for no address.

    Dots and tags go where the provider is known to ignore them, and stay everywhere else.
    """
    local, at, host = _plain(text).rpartition("@")
    domain = _domain(host)
    local = _folded(local)
    if not at or domain is None or not local or _NO_LOCAL.search(local):
        return None
    if domain in _GMAIL:
        domain, local = "gmail.com", local.partition("+")[0].replace(".", "")
    elif domain in _PLUS_TAGS:
        local = local.partition("+")[0]
    address = f"{local}@{domain}"
    return address if local and len(address) <= _LONGEST_EMAIL else None


def canonical_profile_url(text: str) -> str | None:
    """The one spelling of a profile's address, without scheme; None for what is not one, or names nobody."""
    plain = _plain(text)
    scheme = _SCHEME.match(plain)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return None
    try:
        parts = urlsplit(plain if scheme else f"https://{plain.lstrip('/')}")
        port = parts.port
    except ValueError:
        return None
    host = _site(_domain(parts.hostname or "") or "")
    if "." not in host or parts.username is not None:
        return None
    path = [segment for segment in map(_segment, parts.path.split("/")) if segment not in {"", "."}]
    if host in _SITES:
        if (named := _on_site(host, path)) is not None:
            return named
        if tuple(path) == _SITES[host][: len(path)] or path[0] in _COMPANIES:
            return None
    place = host if port in {None, 80, 443} else f"{host}:{port}"
    query = sorted((name.lower(), value) for name, value in _query(parts.query) if name.lower() in _NAMING)
    address = "/".join([place, *path]) + (f"?{urlencode(query)}" if query else "")
    return address if len(address) <= _LONGEST else None


def canonical_phone(number: str, region: str | None) -> str | None:
    """The number in E.164, with its extension as RFC 3966 writes it; None for what cannot be a number.

    `region` (ISO 3166-1 alpha-2) reads national numbers; without it they mean nothing and are None. A number
    of a possible length counts although no operator has it: a plan may be newer than the library.
    """
    plain = _plain(number)
    if region is None and plain.startswith("00"):
        plain = f"+{plain[2:]}"
    try:
        parsed = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return None
    digits = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(parsed) or len(digits) <= _SHORTEST_PHONE:
        return None
    canonical = digits + (f";ext={parsed.extension}" if parsed.extension else "")
    # a trunk prefix may stand in front of another
    return canonical if canonical == plain else canonical_phone(canonical, None)


def canonical_external_id(source: str, external_id: str) -> str | None:
    """A source's own id, which means something only together with the source; None for an empty one.

    Case stays: many systems tell ids apart by it.
    """
    plain = _plain(external_id)
    if not plain or any(unicodedata.category(letter) == "Cc" for letter in plain):
        return None
    return f"{source}\0{plain}"


def canonical_team(name: str) -> str | None:
    """The one spelling of a team's name: case, width and spaces do not tell two apart; None for no name."""
    return " ".join(_folded(_plain(name)).split()) or None


def _plain(text: str) -> str:
    """Text without its spelling variants (NFKC), invisible letters and surrounding space."""
    if len(text) > _LONGEST:
        return ""
    if text.isascii():
        return text.strip()
    normal = unicodedata.normalize("NFKC", text)
    plain = "".join(letter for letter in normal if not _invisible(letter)).strip()
    # an invisible letter may have kept its neighbours from composing
    return plain if plain == text else _plain(plain)


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or letter == "\u034f" or "\ufe00" <= letter <= "\ufe0f"


def _folded(text: str) -> str:
    """Plain text without case; folding may leave what composes again."""
    return _plain(text.casefold())


@lru_cache(maxsize=4096)
def _domain(text: str) -> str | None:
    """The domain in lower-case A-labels; what the DNS allows although IDNA 2008 does not is kept too."""
    name = text.removesuffix(".")
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except UnicodeError:
        labels = name.lower().split(".")
    if len(name) > _LONGEST_DOMAIN or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels
    )


def _site(host: str) -> str:
    while host.startswith("www."):
        host = host.removeprefix("www.")
    prefix = _SITE_PREFIX.match(host)
    if prefix and host[prefix.end() :] in _LOCALISED:
        return host[prefix.end() :]
    if host.startswith("m.") and host[2:] in _SITES:
        return host[2:]
    return host


def _segment(raw: str) -> str:
    """One step of a path, percent-encoded exactly where RFC 3986 asks for it."""
    if _UNRESERVED.fullmatch(raw):
        return raw
    data = unquote_to_bytes(raw)
    try:
        return quote(_plain(data.decode("utf-8")), safe="")
    except UnicodeDecodeError:
        return quote(data, safe="")


def _query(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, max_num_fields=100)
    except ValueError:
        return []


def _on_site(host: str, path: list[str]) -> str | None:
    under = _SITES[host]
    steps = [_lower(step) for step in path[: len(under) + 1]]
    if len(steps) <= len(under) or tuple(steps[:-1]) != under:
        return None
    return "/".join([_SAME_SITE.get(host, host), *steps])


def _lower(segment: str) -> str:
    if _UNRESERVED.fullmatch(segment):
        return segment.lower()
    data = unquote_to_bytes(segment)
    try:
        return quote(_folded(data.decode("utf-8")), safe="")
    except UnicodeDecodeError:
        return quote(data, safe="")
