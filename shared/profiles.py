"""The one spelling of a profile's address, and which addresses name nobody."""

import re
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

from shared.spelling import LONGEST, domain_of, lowered, plain_text

#: RFC 3986, section 2.3: what needs no encoding anywhere, as most names in addresses do not.
_UNRESERVED = re.compile(r"[a-z0-9._~-]*", re.ASCII | re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,4})?")
#: What stands in front of a host for a kind of screen.
_SCREENS = frozenset(("www", "m", "mobile", "touch", "mbasic"))
#: What stands so in front of a path.
_SCREEN_STEP = "mwlite"

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
_LOCALISED = frozenset({"linkedin.com", "xing.com", "facebook.com"})
#: Sites whose hosts carry a kind of screen in front.
_SCREENED = _LOCALISED | _SITES.keys() | {"instagram.com", "tiktok.com", "vk.com", "behance.net"}
#: Elsewhere a query may be all that tells two persons apart; these parameters do, the rest is tracking.
_NAMING = frozenset(
    (
        *("id", "uid", "user", "user_id", "userid", "member"),
        *("profile", "profile_id", "profileid", "candidate", "candidate_id", "candidateid"),
    )
)
#: First steps of paths on sites of persons that are nobody's own, of companies and groups too: everybody who
#: ever gave one, or worked there, would be one person.
_PAGES = frozenset(
    (
        *("company", "companies", "school", "showcase", "jobs", "groups", "orgs", "organizations", "events"),
        *("login", "logout", "signin", "signup", "sign_in", "sign_up", "join", "register", "sessions"),
        *("home", "feed", "explore", "search", "settings", "account", "dashboard", "notifications"),
        *("messages", "messaging", "about", "help", "support", "legal", "privacy", "terms", "tos", "pricing"),
    )
)
#: Those that another site may well have given to a person as a name.
_PAGES_OF = {
    "linkedin.com": frozenset(
        ("me", "authwall", "checkpoint", "uas", "mynetwork", "learning", "pulse", "posts")
    ),
    "xing.com": frozenset(("news", "discover", "network", "pages")),
    "github.com": frozenset(
        ("topics", "trending", "marketplace", "sponsors", "features", "enterprise", "new")
    ),
    "gitlab.com": frozenset(("-", "users", "projects")),
    "x.com": frozenset(("i", "intent", "share", "hashtag", "compose")),
    "stackoverflow.com": frozenset(("questions", "tags")),
}
#: What stands where a name would, for whoever is looking.
_WHOEVER = frozenset(("me", "my_profile", "unavailable", "current", "edit", "login", "signup"))


def canonical_profile_url(text: str) -> str | None:
    """The one spelling of a profile's address, without scheme; None for what is not one, or names nobody."""
    plain = plain_text(text)
    scheme = _SCHEME.match(plain)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        return None
    try:
        parts = urlsplit(plain if scheme else f"https://{plain.lstrip('/')}")
        port = parts.port
    except ValueError:
        return None
    host = _site(domain_of(parts.hostname or "") or "")
    if "." not in host or parts.username is not None:
        return None
    path = [segment for segment in map(_segment, parts.path.split("/")) if segment not in {"", "."}]
    if host in _SITES:
        path = _without_front(host, path)
        if _is_page(host, path):
            return None
        if (named := _on_site(host, path)) is not None:
            return named
    place = host if port in {None, 80, 443} else f"{host}:{port}"
    query = sorted((name.lower(), value) for name, value in _query(parts.query) if name.lower() in _NAMING)
    address = "/".join([place, *path]) + (f"?{urlencode(query)}" if query else "")
    return address if len(address) <= LONGEST else None


def _site(host: str) -> str:
    while host.startswith("www."):
        host = host.removeprefix("www.")
    *fronts, name, top = host.split(".") if "." in host else ("", host)
    site = f"{name}.{top}"
    if site not in _SCREENED:
        return host
    localised = site in _LOCALISED
    known = all(front in _SCREENS or (localised and _LOCALE.fullmatch(front)) for front in fronts)
    return site if known else host


def _segment(raw: str) -> str:
    """One step of a path, percent-encoded exactly where RFC 3986 asks for it."""
    if _UNRESERVED.fullmatch(raw):
        return raw
    data = unquote_to_bytes(raw)
    try:
        return quote(plain_text(data.decode("utf-8")), safe="")
    except UnicodeDecodeError:
        return quote(data, safe="")


def _query(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, max_num_fields=100)
    except ValueError:
        return []


def _without_front(host: str, path: list[str]) -> list[str]:
    """The path without the language, or the kind of screen, that may stand before what it is about."""
    under = _SITES[host]
    steps = [_lower(step) for step in path[: len(under) + 1]]
    if not under or tuple(steps[:-1]) == under or tuple(steps[1:]) != under:
        return path
    known = steps[0] == _SCREEN_STEP or (host in _LOCALISED and _LOCALE.fullmatch(steps[0]))
    return path[1:] if known else path


def _is_page(host: str, path: list[str]) -> bool:
    """Whether a path on a site of persons is the site's own, as its front is, or that of whoever looks."""
    under = _SITES[host]
    steps = [_lower(step) for step in path[: len(under) + 1]]
    if under and tuple(steps[:-1]) == under:
        return steps[-1] in _WHOEVER
    pages = _PAGES_OF.get(_SAME_SITE.get(host, host), frozenset())
    return tuple(steps) == under[: len(steps)] or steps[0] in _PAGES or steps[0] in pages


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
        return quote(lowered(data.decode("utf-8")), safe="")
    except UnicodeDecodeError:
        return quote(data, safe="")
