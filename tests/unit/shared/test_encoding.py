"""Encoding: bytes as text, one way back."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.encoding import b64url, from_b64url, key_bytes


@given(st.binary(min_size=32, max_size=32), st.booleans())
def test_a_key_is_read_in_either_alphabet(key: bytes, url: bool) -> None:  # noqa: FBT001
    """With or without padding, with space around as files have it."""
    text = (base64.urlsafe_b64encode if url else base64.b64encode)(key).decode()
    assert key_bytes(f" {text}\n", 32) == key_bytes(text.rstrip("="), 32) == key


@pytest.mark.parametrize("text", ["c2hvcnQ=", "not base64!", "", "s3cr3t" * 20])
def test_a_wrong_key_is_refused_without_quoting_it(text: str) -> None:
    """The message says what was expected; the text is a secret."""
    with pytest.raises(ValueError, match="expected base64 of 32 bytes") as caught:
        key_bytes(text, 32)
    assert not text or text not in str(caught.value)


@given(st.binary())
def test_bytes_survive_as_text(data: bytes) -> None:
    """Both ways, whatever they are."""
    assert from_b64url(b64url(data)) == data


@given(st.text("AQg_-=+/ \n", max_size=12))
def test_no_value_has_two_texts(text: str) -> None:
    """What is read is only what would be written."""
    try:
        data = from_b64url(text)
    except ValueError:
        return
    assert b64url(data) == text
