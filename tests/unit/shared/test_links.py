"""Links: a token says which case, and only the key's holder can make one."""

from hypothesis import given
from hypothesis import strategies as st

from shared.encoding import b64url
from shared.links import LinkSigner

SIGNER = LinkSigner(b64url(bytes(32)))
OTHER = LinkSigner(b64url(bytes(range(32))))
CASES = st.text(min_size=1, max_size=60)


@given(CASES)
def test_a_token_leads_back_to_its_case(case: str) -> None:
    """Whatever the case's id, in letters that need no escaping in a URL."""
    token = SIGNER.token(case)
    assert SIGNER.case(token) == case
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    assert token.isascii()


@given(CASES, CASES)
def test_a_token_is_good_for_one_case_and_one_key(case: str, other: str) -> None:
    """Neither another key nor another case's tag opens anything."""
    assert OTHER.case(SIGNER.token(case)) is None
    name, tag = SIGNER.token(other).split(".")[0], SIGNER.token(case).split(".")[1]
    assert (SIGNER.case(f"{name}.{tag}") is None) == (case != other)


@given(CASES, st.data())
def test_a_changed_token_is_none(case: str, data: st.DataObject) -> None:
    """One letter more, less or other is no token; nor is a respelling of the same bytes."""
    token = SIGNER.token(case)
    at = data.draw(st.integers(0, len(token)))
    letter = data.draw(st.sampled_from("Aa0_-.= "))
    for changed in (token[:at] + letter + token[at:], token[:at] + token[at + 1 :], token[:at] + letter):
        assert changed == token or SIGNER.case(changed) is None


@given(st.text(max_size=600))
def test_rubbish_is_no_token(text: str) -> None:
    """Whatever stands in the path of a URL, the answer is None and never a crash."""
    assert SIGNER.case(text) is None


def test_a_token_never_changes() -> None:
    """A link in a mail lives as long as the mail."""
    assert SIGNER.token("case-1") == "Y2FzZS0x.qe2_BGyP32xoQaFtw-0PpQ"
