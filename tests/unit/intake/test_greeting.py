"""A greeting to a name that is no source is answered as by one, and tells nothing."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from services.intake import greeting
from services.intake.sources import Answer, Config, Delivery
from shared.errors import Invalid

ASKED = Delivery({}, b"", "GET", "challenge=x")


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that answers nothing, and one whose answer shows the secret it was made with."""

    def silent(_delivery: Delivery, _secrets: Sequence[str], _config: Config) -> Answer | None:
        return None

    def signs(delivery: Delivery, secrets: Sequence[str], _config: Config) -> Answer | None:
        return Answer(200, {}, secrets[0]) if delivery.parameter("challenge") else None

    adapters = {
        name: SimpleNamespace(handshake=f, CONFIG=Config) for name, f in (("a", silent), ("b", signs))
    }
    monkeypatch.setattr(greeting, "SOURCES", adapters)


def test_a_faulty_greeting_is_answered_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with it would tell a stranger of which kind a name is."""

    def refuses(_delivery: Delivery, _secrets: Sequence[str], _config: Config) -> Answer | None:
        raise Invalid.at("", "another is expected")

    def greets(delivery: Delivery, _secrets: Sequence[str], _config: Config) -> Answer | None:
        return Answer(200) if delivery.query else None

    adapters = {
        name: SimpleNamespace(handshake=f, CONFIG=Config) for name, f in (("a", refuses), ("b", greets))
    }
    monkeypatch.setattr(greeting, "SOURCES", adapters)
    assert greeting.answered("a", ASKED, (), Config()) is None
    assert answer("ats") is not None
    assert answer("ats", delivery=Delivery({}, b"", "GET")) is None


def answer(name: str, filler: str = "filler", delivery: Delivery = ASKED) -> Answer | None:
    """The answer that this name gives."""
    return greeting.stand_in(delivery, name, filler)


def test_it_is_answered_by_the_kind_that_knows_it() -> None:
    """And by none where none does."""
    assert answer("ats") is not None
    assert answer("ats", delivery=Delivery({}, b"", "GET")) is None


def test_each_name_has_a_secret_of_its_own_as_sources_have() -> None:
    """The same whenever it is asked; never the one that deliveries are tried with."""
    assert answer("ats") == answer("ats") != answer("crm")
    assert answer("ats") != answer("ats", "another filler")
    assert "filler" not in str(answer("ats"))
    assert answer("\udcff") is not None


def test_what_is_long_is_no_greeting() -> None:
    """Of a stranger's body that is long the door may have kept nothing."""
    longest = Delivery({}, b" " * greeting.MAX_GREETING_BYTES, "GET", "challenge=x")
    assert answer("ats", delivery=longest) is not None
    assert answer("ats", delivery=Delivery({}, longest.body + b" ", "GET", "challenge=x")) is None
