"""How far it went, by names that companies make up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.sources.stages import stage_of


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("Offer", "offer"),
        ("Offers extended", "offer"),
        ("Verbal Offer", "offer"),
        ("Hired", "offer"),
        ("Preliminary Phone Screen", "interview"),
        ("phone_interview", "interview"),
        ("Recruiter Screening", "interview"),
        ("Pre-Screen", "interview"),
        ("Screening call", "interview"),
        ("2nd INTERVIEW", "interview"),
        ("Interviewing", "interview"),
        ("Interviewed", "interview"),
        ("On-site", "interview"),
        ("Face to Face", "interview"),
        ("Application Review", "application"),
        ("CV Screening", "application"),
        ("Résumé Screening", "application"),
        ("Resume Screen", "application"),
        ("Applied", "application"),
        ("New", "application"),
        ("Sourced", "outreach"),
        ("Reached Out", "outreach"),
    ],
)
def test_a_stage_is_known_by_its_name(name: str, stage: str) -> None:
    """As a whole word, in whatever letter case."""
    assert stage_of(name) == stage


@pytest.mark.parametrize(
    "name",
    ["Coffered", "Interviewer assigned", "Shortlist", "Screening", "Team Lead Review", "New York", "", None],
)
def test_a_name_that_says_none_is_none(name: str | None) -> None:
    """And never taken for the stage at which least had happened."""
    assert stage_of(name) is None


@pytest.mark.parametrize(
    "name",
    ["No Offer", "Pre-Offer", "Not yet interviewed", "To be interviewed", "Pre-interview Questionnaire"],
)
def test_what_has_not_come_yet_is_no_stage(name: str) -> None:
    """Nor what the name denies."""
    assert stage_of(name) is None


@pytest.mark.parametrize("name", ["Pre-Offer Interview", "Post-Offer Interview", "Interview Offered"])
def test_an_interview_about_an_offer_is_an_interview(name: str) -> None:
    """People have spoken by then, or are about to."""
    assert stage_of(name) == "interview"


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("Angebotsphase", "offer"),
        ("Offre envoyée", "offer"),
        ("Oferta", "offer"),
        ("内定", "offer"),
        ("Vorstellungsgespräch", "interview"),
        ("Entretien RH", "interview"),
        ("Entrevista", "interview"),
        ("Colloquio", "interview"),
        ("Sollicitatiegesprek", "interview"),
        ("一次面接", "interview"),
        ("Bewerbung", "application"),
        ("Coffre-fort", None),
    ],
)
def test_a_stage_may_be_named_in_another_language(name: str, stage: str | None) -> None:
    """Where a word may be a part of a longer one."""
    assert stage_of(name) == stage


def test_of_several_names_the_latest_stage_counts() -> None:
    """A platform's own word and the company's may each leave open what the other says."""
    assert stage_of("offer", "Interview") == "offer"
    assert stage_of("shortlisted", "Interview") == stage_of("applied", "Interview") == "interview"
    assert stage_of(None, "Shortlist") is None


@given(st.text())
def test_whatever_a_stage_is_called(name: str) -> None:
    """It is one of ours, or none."""
    assert stage_of(name) in {"outreach", "application", "interview", "offer", None}
