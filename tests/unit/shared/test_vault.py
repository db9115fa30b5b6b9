"""The vault: what is sealed opens with its key, in its place, and no other way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import AfterwordError, Destroyed, Invalid, NotFound
from shared.vault import Keyring, Sealer, Vault, new_key

OLD, NEW = new_key(), new_key()
OLD_RING = Keyring.parse(f"old:{OLD}")
RING = Keyring.parse(f"new:{NEW}, old:{OLD}")


@given(st.binary(), st.binary())
def test_what_is_sealed_opens_again(data: bytes, aad: bytes) -> None:
    """With the bus's key, the ring and a person's data key alike."""
    vault = Vault(RING)
    for box in (Sealer(NEW), RING, vault.open(vault.new_data_key())):
        sealed = box.seal(data, aad)
        assert box.open(sealed, aad) == data
        assert len(data) < 8 or data not in sealed


@given(st.data())
def test_a_changed_bit_is_noticed(data: st.DataObject) -> None:
    """Anywhere in the envelope, and the message never tells what was sealed."""
    sealed = bytearray(RING.seal(b"Jane Doe", b"source"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Invalid, NotFound)) as caught:
        RING.open(bytes(sealed), b"source")
    assert "Jane" not in str(caught.value)


@given(st.binary(max_size=64))
def test_rubbish_is_told_from_sealed_data(rubbish: bytes) -> None:
    """Whatever bytes are found, they are an error of ours and not a crash."""
    for box in (RING, Sealer(NEW)):
        with pytest.raises(AfterwordError):
            box.open(rubbish, b"")


def test_sealed_data_open_only_where_they_belong() -> None:
    """Bound to what they belong to: no moving of one person's data to another."""
    sealer = Sealer(NEW)
    with pytest.raises(Invalid, match="belong elsewhere"):
        sealer.open(sealer.seal(b"x", b"event-1"), b"event-2")


def test_a_secret_is_no_data_key() -> None:
    """Two uses of one ring that cannot be taken for each other."""
    with pytest.raises(Invalid):
        RING.unwrap(RING.seal(b"x" * 32, b""))


def test_no_two_seals_are_alike() -> None:
    """A fresh nonce each time, or the cipher would break."""
    assert len({Sealer(NEW).seal(b"x", b"") for _ in range(50)}) == 50


def test_the_first_key_seals_and_every_key_opens() -> None:
    """So that a new key can be put in front while old data remain."""
    vault = Vault(RING)
    wrapped = Vault(OLD_RING).new_data_key()
    sealed = Vault(OLD_RING).open(wrapped).seal(b"Jane", b"p1")
    again = vault.rewrap(wrapped)
    assert (RING.kid(wrapped), RING.kid(again)) == ("old", "new")
    assert vault.open(wrapped).open(sealed, b"p1") == vault.open(again).open(sealed, b"p1") == b"Jane"
    assert vault.rewrap(again) is again


def test_a_missing_key_is_named() -> None:
    """The operator learns which key to put back."""
    with pytest.raises(NotFound, match=r"'new'.*old"):
        OLD_RING.open(RING.seal(b"x", b""), b"")


@pytest.mark.parametrize("wrapped", [None, b""])
def test_a_destroyed_key_is_its_own_error(wrapped: bytes | None) -> None:
    """Erasure is no fault of the data."""
    with pytest.raises(Destroyed):
        Vault(RING).open(wrapped)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "key 1: expected kid:base64"),
        (NEW, "key 1: expected kid:base64"),
        (f"a b:{NEW}", "key 1: expected kid:base64"),
        (f"a:{NEW},a:{OLD}", "key 2: the kid 'a' is there twice"),
        (f"a:{NEW},b:c2hvcnQ=", r"key 2 \(b\): expected base64 of 32 bytes, got 5"),
    ],
    ids=["empty", "no kid", "space in a kid", "a kid twice", "too short"],
)
def test_a_wrong_ring_is_refused_without_quoting_it(text: str, told: str) -> None:
    """Which key is at fault and what was expected, never the key."""
    with pytest.raises(ValueError, match=told) as caught:
        Keyring.parse(text)
    assert NEW not in str(caught.value)
    assert "c2hvcnQ" not in str(caught.value)
