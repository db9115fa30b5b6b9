"""When two texts are the same words: a form that spelling, spacing and signs do not change. Pure."""

import unicodedata

#: Short sentences are everybody's; what is at least so long, in letters, is somebody's own.
OWN_FROM_LETTERS = 60


def wording(text: str | None) -> str | None:
    """The letters and figures of a text alone, folded; None where they are too few to be anybody's own."""
    if not text:
        return None
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(sign for sign in folded if sign.isalnum())
    return letters if len(letters) >= OWN_FROM_LETTERS else None
