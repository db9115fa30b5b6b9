"""The candidate's own links: a token that names the case and cannot be guessed or made without the key."""

import hmac

from shared.encoding import b64url, from_b64url, key_bytes

#: Bound into the tag, so that no other use of the key yields a candidate's token.
_PURPOSE = b"afterword.link.candidate\0"
#: 128 bits: beyond guessing, and short enough for a link in a text mail.
_TAG_BYTES = 16
#: Longer than any token there is; stops the work on an oversized path before it begins.
_LONGEST_TOKEN = 512


class LinkSigner:
    """Makes and reads tokens with the key given in base64, of 32 bytes or a ValueError is raised."""

    def __init__(self, key_b64: str) -> None:
        self._key = key_bytes(key_b64, 32)

    def token(self, case_id: str) -> str:
        """The token of this case; always the same one, for a link in a mail lives as long as the mail."""
        case = case_id.encode("utf-8")
        return f"{b64url(case)}.{b64url(self._tag(case))}"

    def case(self, token: str) -> str | None:
        """The case that `token` was made for, None for a token that this key did not make."""
        if len(token) > _LONGEST_TOKEN:
            return None
        name, _, tag = token.partition(".")
        try:
            case, given = from_b64url(name), from_b64url(tag)
        except ValueError:
            return None
        if not hmac.compare_digest(given, self._tag(case)):
            return None
        return case.decode("utf-8")

    def _tag(self, case: bytes) -> bytes:
        return hmac.digest(self._key, _PURPOSE + case, "sha256")[:_TAG_BYTES]
