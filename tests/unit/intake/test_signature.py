"""Standard Webhooks: what its reference library signs is taken, and nothing else."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.sources import standard
from services.intake.sources.delivery import Delivery
from shared.errors import SignatureInvalid
from tests.unit.intake.signing import OTHER_SECRET, SECRET, signed

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BODY = b'{"test": 2432232314}'


def check(
    headers: dict[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET, OTHER_SECRET)
) -> None:
    """Verifies a delivery that comes now."""
    standard.verify(Delivery(headers, body), secrets, standard.CONFIG(), now=NOW, tolerance_s=300)


def test_the_published_example_is_genuine() -> None:
    """The vector of the specification's own libraries."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    secrets = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",)
    standard.verify(Delivery(headers, BODY), secrets, standard.CONFIG(), now=at, tolerance_s=300)


@given(st.text())
def test_what_the_reference_library_signs_is_genuine(text: str) -> None:
    """Whatever the body."""
    body = text.encode("utf-8", "replace")
    check(signed(body, NOW), body)


@pytest.mark.parametrize("secret", [SECRET, OTHER_SECRET], ids=["current", "previous"])
def test_current_and_previous_secret_both_count(secret: str) -> None:
    """So that a rotation loses no delivery."""
    check(signed(BODY, NOW, secret=secret))


def test_one_right_signature_among_several_is_enough() -> None:
    """A sender that rotates signs twice, and other versions are for other readers."""
    headers = signed(BODY, NOW)
    headers["webhook-signature"] = f"v1a,{'A' * 86}== v1,AAAA {headers['webhook-signature']}"
    check(headers)


@pytest.mark.parametrize("off_s", [-300, -299, 0, 299, 300])
def test_a_time_within_the_tolerance_is_taken(off_s: int) -> None:
    """Clocks differ, to either side."""
    check(signed(BODY, NOW + timedelta(seconds=off_s)))


def _mac(key: bytes, message: str) -> str:
    return "v1," + b64encode(key).decode() + message


WRONG: dict[str, dict[str, str]] = {
    "too old": signed(BODY, NOW - timedelta(seconds=301)),
    "from the future": signed(BODY, NOW + timedelta(seconds=301)),
    "another secret": signed(BODY, NOW, secret="whsec_" + b64encode(b"x" * 32).decode()),
    "another body": signed(b"{}", NOW),
    "another id": signed(BODY, NOW) | {"webhook-id": "msg_2"},
    "another time": signed(BODY, NOW) | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
    "no version": {k: v.removeprefix("v1,") for k, v in signed(BODY, NOW).items()},
    "another version": {k: v.replace("v1,", "v2,") for k, v in signed(BODY, NOW).items()},
    "cut": {k: v[:-5] if k == "webhook-signature" else v for k, v in signed(BODY, NOW).items()},
    "no base64": signed(BODY, NOW) | {"webhook-signature": "v1,\xff\xfe"},
    "empty signature": signed(BODY, NOW) | {"webhook-signature": "v1,"},
    "no signature": {k: v for k, v in signed(BODY, NOW).items() if k != "webhook-signature"},
    "no id": {k: v for k, v in signed(BODY, NOW).items() if k != "webhook-id"},
    "no time": {k: v for k, v in signed(BODY, NOW).items() if k != "webhook-timestamp"},
    "a fraction of a second": signed(BODY, NOW) | {"webhook-timestamp": f"{NOW.timestamp()}"},
    "a negative time": signed(BODY, NOW) | {"webhook-timestamp": "-1"},
    "a time without end": signed(BODY, NOW) | {"webhook-timestamp": "9" * 5000},
    "digits of another script": signed(BODY, NOW) | {"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"},
    # signed as id "a", yet it could be read as id "a.1" too
    "a full stop in the id": signed(BODY, NOW, message="msg.1"),
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG.keys())
def test_everything_else_is_refused(headers: dict[str, str]) -> None:
    """And the refusal names no secret."""
    with pytest.raises(SignatureInvalid) as refused:
        check(headers)
    assert SECRET not in str(refused.value)


def test_a_right_signature_behind_too_many_is_not_looked_for() -> None:
    """A header full of signatures must not become work."""
    headers = signed(BODY, NOW)
    headers["webhook-signature"] = "v1,AAAA " * 100 + headers["webhook-signature"]
    with pytest.raises(SignatureInvalid):
        check(headers)


@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text("\x00\xffv1,=A. 9")
    )
)
def test_no_headers_break_it(headers: dict[str, str]) -> None:
    """A stranger's headers are refused, whatever is in them."""
    with pytest.raises(SignatureInvalid):
        check(headers)
