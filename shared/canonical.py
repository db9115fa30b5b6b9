"""The one spelling of every identifier: two spellings of one address are one, two addresses never are.

Nothing here guesses: where a provider tells dots or tags apart so do we, and look-alike letters stay apart.
"""

import re
import unicodedata

import phonenumbers

from shared.spelling import domain_of, folded, lowered, plain_text

_LONGEST_EMAIL = 320
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

#: A colon stands in an address only where it is quoted (RFC 5322, section 3.4.1).
_NO_LOCAL = re.compile(r'[\s@<>,;\x00-\x1f\x7f]|^[^"]*:')

#: What systems write where they have no id.
_NO_IDS = frozenset(("null", "none", "nil", "nan", "n/a", "na", "undefined", "unknown", "anonymous"))


def canonical_email(text: str) -> str | None:
    """The one spelling of an address, in lower case, its domain in A-labels (RFC 5890); None for no address.

    Dots and tags go where the provider is known to ignore them, and stay everywhere else.
    """
    local, at, host = plain_text(text).rpartition("@")
    domain = domain_of(host)
    local = lowered(local)
    if not at or domain is None or not local or _NO_LOCAL.search(local):
        return None
    if domain in _GMAIL:
        domain, local = "gmail.com", local.partition("+")[0].replace(".", "")
    elif domain in _PLUS_TAGS:
        local = local.partition("+")[0]
    address = f"{local}@{domain}"
    return address if local and len(address) <= _LONGEST_EMAIL else None


def canonical_phone(number: str, region: str | None) -> str | None:
    """The number in E.164, with its extension as RFC 3966 writes it; None for what cannot be a number.

    `region` (ISO 3166-1 alpha-2) reads national numbers; without it they mean nothing and are None. A number
    of a possible length counts although no operator has it: a plan may be newer than the library. One digit
    over and over fills a field, and is nobody's.
    """
    plain = plain_text(number)
    if region is None and plain.startswith("00"):
        plain = f"+{plain[2:]}"
    try:
        parsed = phonenumbers.parse(plain, region and region.strip().upper())
    except phonenumbers.NumberParseException:
        return None
    digits = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_possible_number(parsed) or len(digits) <= _SHORTEST_PHONE:
        return None
    if len(set(digits.removeprefix(f"+{parsed.country_code}"))) == 1:
        return None
    canonical = digits + (f";ext={parsed.extension}" if parsed.extension else "")
    # a trunk prefix may stand in front of another
    return canonical if canonical == plain else canonical_phone(canonical, None)


def canonical_external_id(source: str, external_id: str) -> str | None:
    """A source's own id, which means something only together with the source; None for an empty one, and for
    what stands for none: a word that says so, or nothing but zeros and marks.

    Case stays: many systems tell ids apart by it.
    """
    plain = plain_text(external_id)
    if plain.strip("<>()[]").lower() in _NO_IDS or not any(one.isalnum() and one != "0" for one in plain):
        return None
    if any(unicodedata.category(letter) == "Cc" for letter in plain):
        return None
    return f"{source}\0{plain}"


def canonical_team(name: str) -> str | None:
    """The one spelling of a team's name: case, width and spaces do not tell two apart; None for no name."""
    return " ".join(folded(plain_text(name)).split()) or None
