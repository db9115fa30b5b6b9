"""Secrets at rest: AES-256-GCM (NIST SP 800-38D) under keys that the environment gives.

Each person has a data key, stored wrapped by the keyring; destroying it is the erasure. Nonces are random
96-bit values from the operating system, not from the injected clock: a repeated one would break the cipher.
"""

import base64
import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.encoding import key_bytes
from shared.errors import Destroyed, Invalid, NotFound

#: AES-256.
KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_FORMAT = b"\x01"
_KID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
#: What an envelope holds, bound into it so that neither can be put in the other's place.
_DATA_KEY, _SECRET = b"afterword.data-key\0", b"afterword.secret\0"


def new_key() -> str:
    """A fresh 32-byte key in base64, from the operating system's randomness."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


class DataKey:
    """One AES-256-GCM key, good for 2**32 seals: beyond that a random nonce may well repeat."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, data: bytes, aad: bytes) -> bytes:
        """`data` encrypted and bound to `aad` (what it belongs to): format byte, nonce, ciphertext, tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, data, _FORMAT + aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """What was sealed. Raises Invalid where it was altered, belongs elsewhere or to another key."""
        if sealed[:1] != _FORMAT or len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES:
            raise Invalid.at("", "expected sealed data of format 1")
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, _FORMAT + aad)
        except InvalidTag:
            raise Invalid.at(
                "", "the sealed data were altered, belong elsewhere or need another key"
            ) from None


class Sealer(DataKey):
    """Seals personal data on the bus under the key given in base64, of 32 bytes or a ValueError is raised."""

    def __init__(self, key_b64: str) -> None:
        super().__init__(key_bytes(key_b64, KEY_BYTES))


class Keyring:
    """The keys that wrap other keys and secrets, by name; the first seals, each opens what it sealed."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {kid: DataKey(key) for kid, key in keys.items()}
        self.first = next(iter(self._keys))

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """The ring written as "kid:base64,kid2:base64". Raises ValueError that never quotes a key."""
        keys: dict[str, bytes] = {}
        for number, part in enumerate(text.split(","), start=1):
            kid, colon, key = part.strip().partition(":")
            if not colon or not _KID.fullmatch(kid):
                message = f"key {number}: expected kid:base64, the kid of letters, digits, '.', '_', '-'"
                raise ValueError(message)
            if kid in keys:
                message = f"key {number}: the kid {kid!r} is there twice"
                raise ValueError(message)
            try:
                keys[kid] = key_bytes(key, KEY_BYTES)
            except ValueError as error:
                message = f"key {number} ({kid}): {error}"
                raise ValueError(message) from None
        return cls(keys)

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """`plaintext` under the first key, bound to `aad`, with the key's name in clear in front."""
        return self._seal(plaintext, _SECRET + aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """What was sealed. Raises NotFound naming a kid that is not in the ring, Invalid for altered data."""
        return self._open(sealed, _SECRET + aad)

    def wrap(self, key: bytes) -> bytes:
        """A data key under the first key of the ring."""
        return self._seal(key, _DATA_KEY)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key. Raises as `open` does."""
        return self._open(wrapped, _DATA_KEY)

    def kid(self, sealed: bytes) -> str:
        """The name of the key that sealed this; for finding what a rotation has yet to rewrap."""
        length = sealed[1] if sealed[:1] == _FORMAT and len(sealed) > 1 else 0
        name = sealed[2 : 2 + length]
        if not length or len(name) < length or not name.isascii():
            raise Invalid.at("", "expected an envelope of format 1")
        return name.decode("ascii")

    def _seal(self, plaintext: bytes, aad: bytes) -> bytes:
        header = _header(self.first)
        return header + self._keys[self.first].seal(plaintext, header + aad)

    def _open(self, sealed: bytes, aad: bytes) -> bytes:
        kid = self.kid(sealed)
        key = self._keys.get(kid)
        if key is None:
            message = f"sealed under the key {kid!r}, which is not among {', '.join(self._keys)}"
            raise NotFound(message)
        header = _header(kid)
        return key.open(sealed[len(header) :], header + aad)


def _header(kid: str) -> bytes:
    return _FORMAT + bytes([len(kid)]) + kid.encode("ascii")


class Vault:
    """Data keys, one a person, kept only in wrapped form."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def new_data_key(self) -> bytes:
        """A fresh data key, wrapped for storing."""
        return self._keyring.wrap(secrets.token_bytes(KEY_BYTES))

    def open(self, wrapped: bytes | None) -> DataKey:
        """The data key, ready to use. Raises Destroyed where none is left, else as `Keyring.open` does."""
        if not wrapped:
            message = "the data key of this person was destroyed"
            raise Destroyed(message)
        return DataKey(self._keyring.unwrap(wrapped))

    def rewrap(self, wrapped: bytes) -> bytes:
        """The same data key under the first key of the ring; unchanged where it is so already."""
        if self._keyring.kid(wrapped) == self._keyring.first:
            return wrapped
        return self._keyring.wrap(self._keyring.unwrap(wrapped))
