"""Which feedback is a complaint."""

import pytest

from services.intake.sources import mail
from services.intake.sources.mail_reports import read_report
from shared.events import ComplaintReceived
from tests.unit.intake.sources.deliveries import body_of, stored

CASES = stored("email")


@pytest.mark.parametrize(
    ("kind", "complains"),
    [
        ("abuse", True),
        ("Opt-Out", True),
        ("opt-out-list", True),
        ("not-spam", False),
        ("auth-failure", False),
    ],
)
def test_feedback_is_a_complaint_by_its_type(kind: str, *, complains: bool) -> None:
    """By any type that tells that somebody did not want it."""
    body = body_of(CASES["a-complaint"]).replace(b"Feedback-Type: abuse", f"Feedback-Type: {kind}".encode())
    events = read_report(mail.read(body)).events
    assert [type(event.data) for event in events] == [ComplaintReceived] * complains
