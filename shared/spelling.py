"""How identifiers are written: what of their spelling says nothing, and is folded away."""

import re
import unicodedata
from functools import lru_cache

import idna

#: Longer than any identifier there is; stops the work on rubbish before it begins.
LONGEST = 2048
#: RFC 1035.
_LONGEST_DOMAIN = 253
_LABEL = re.compile(r"(?:[a-z0-9_-]|[^\x00-\x7f])+")


def plain_text(text: str) -> str:
    """Text without its spelling variants (NFKC), invisible letters and surrounding space."""
    if len(text) > LONGEST:
        return ""
    if text.isascii():
        return text.strip()
    normal = unicodedata.normalize("NFKC", text)
    bare = "".join(letter for letter in normal if not _invisible(letter)).strip()
    # an invisible letter may have kept its neighbours from composing
    return bare if bare == text else plain_text(bare)


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or letter == "\u034f" or "\ufe00" <= letter <= "\ufe0f"


def lowered(text: str) -> str:
    """Plain text in lower case, letter for letter: \u00df is no ss, which may be somebody else's."""
    return plain_text(text.lower() if text.isascii() else "".join(map(_lower_letter, text)))


def _lower_letter(letter: str) -> str:
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def folded(text: str) -> str:
    """Plain text without case; folding may leave what composes again."""
    return plain_text(text.casefold())


@lru_cache(maxsize=4096)
def domain_of(text: str) -> str | None:
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
