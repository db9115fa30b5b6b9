"""Recruitee: a test that nobody can have signed, and reasons that only the customer can read."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.intake.sources import Answer, Delivery
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn
from tests.unit.intake.sources.contract import AdapterContract, bare_hex
from tests.unit.intake.sources.deliveries import changed, encoded, stored

CASES = stored("recruitee")
DECLINED = CASES["disqualified"]["body"]


class TestRecruitee(AdapterContract):
    kind = "recruitee"
    signature = "x-recruitee-signature"
    grows_old = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As public integrations check it: bare hexadecimal."""
        return Delivery({**headers, self.signature: bare_hex(body, secret)}, body)

    def test_a_known_signature(self) -> None:
        """Computed by openssl, and not by us."""
        body = b'{"event_type":"candidate_moved","data":{}}'
        digest = "e75f9fc7393db2b600375b9b63ae1ac78d7d3d9b16725882c974c855f1d93897"
        self.verify(Delivery({self.signature: digest}, body), "s3cret")
        for text in (f"sha256={digest}", digest[:40]):
            with pytest.raises(SignatureInvalid):
                self.verify(Delivery({self.signature: text}, body), "s3cret")

    def greeted(self, body: bytes, method: str = "POST", *secrets: str, **headers: str) -> Answer | None:
        """How a delivery that nobody signed is greeted."""
        return self.adapter.handshake(Delivery(headers, body, method), secrets, self.adapter.CONFIG())

    def test_the_test_is_answered_before_anybody_knows_the_secret(self) -> None:
        """With success and nothing else, whoever asks; what else is in it is not read."""
        for body in (b'{"test":true}', b'{"test": true}', encoded({**DECLINED, "test": True})):
            assert self.greeted(body) == self.greeted(body, "POST", self.secret) == Answer(200)

    def test_what_another_kind_signed_is_none(self) -> None:
        """In a header or in the body; Recruitee's own may be of a secret that nobody here knows yet."""
        test = b'{"test":true}'
        assert self.greeted(test, **{self.signature: "0" * 64}) == Answer(200)
        for header in (
            "signature",
            "webhook-signature",
            "authorization",
            "x-token",
            "x-hmac",
            "content-digest",
        ):
            assert self.greeted(test, **{header: "0", self.signature: "0" * 64}) is None
        assert self.greeted(b'{"test":true,"signature":"0"}') is None

    @pytest.mark.parametrize(
        "body",
        [b"{}", b'{"test":false}', b'{"test":1}', b'["test"]', b'{"test":true', b'{"a":{"test":true}}'],
    )
    def test_nothing_else_is_answered(self, body: bytes) -> None:
        """Or a delivery would be lost, or a stranger heard."""
        assert self.greeted(body) is None

    def test_a_test_comes_by_post(self) -> None:
        """As deliveries do."""
        assert self.greeted(b'{"test":true}', "GET") is None

    def test_no_test_is_ever_read(self) -> None:
        """Not even a genuine one, with an example in it."""
        tests: tuple[Any, ...] = (True, 1, "true", {})
        for test in tests:
            assert self.read({**DECLINED, "test": test}) == ()
        assert self.read({**DECLINED, "test": False}) == self.read({**DECLINED, "test": None}) != ()

    def test_a_retry_is_the_same_event_and_another_offer_another(self) -> None:
        """Whatever Recruitee calls the delivery."""
        (first,) = self.read(DECLINED)
        (retry,) = self.read({**DECLINED, "id": 900, "attempt_count": 2})
        (offer,) = self.read(changed(DECLINED, ("payload", "offer", "id"), 10))
        (nobody_s,) = self.read(changed(DECLINED, ("payload", "offer"), None))
        (other,) = self.read(changed(DECLINED, ("payload", "candidate", "id"), 8))
        assert first == retry
        assert len({first.id, offer.id, nobody_s.id, other.id}) == 4

    def test_a_requalification_takes_back_the_very_disqualification(self) -> None:
        """Of this candidate for this offer."""
        (decline,) = self.read(DECLINED)
        (withdrawn,) = self.read(CASES["requalified"]["body"])
        (elsewhere,) = self.read(changed(CASES["requalified"]["body"], ("payload", "offer", "id"), 10))
        assert withdrawn.data == DeclineWithdrawn(decline=decline.id)
        assert elsewhere.data != withdrawn.data

    @pytest.mark.parametrize(
        ("stage", "expected"),
        [
            ({"name": "Runde 2", "category": "phone_interview"}, "interview"),
            ({"name": "Vertrag", "category": "offer"}, "offer"),
            ({"name": "Runde 2", "category": "custom"}, None),
        ],
    )
    def test_the_category_of_a_stage_tells_what_its_name_does_not(
        self, stage: dict[str, str], expected: str | None
    ) -> None:
        """Where Recruitee's own word says nothing either, nobody knows."""
        (decline,) = self.read(changed(DECLINED, ("payload", "details", "from_stage"), stage))
        assert isinstance(decline.data, DeclineReceived)
        assert decline.data.stage == expected

    def test_a_withdrawal_needs_no_time(self) -> None:
        """What stops a follow-up is believed without."""
        (withdrawn,) = self.read(changed(CASES["requalified"]["body"], ("created_at",), None))
        assert withdrawn.time is None

    def test_the_id_in_the_envelope_names_the_delivery(self) -> None:
        """Where there is one."""
        assert self.delivery_id(Delivery({}, encoded(DECLINED))) == "551"
        assert self.delivery_id(Delivery({}, b"[]")) is None

    @pytest.mark.parametrize(
        ("path", "value", "pointer"),
        [
            (("event_type",), None, "/event_type"),
            (("payload", "candidate", "id"), None, "/payload/candidate/id"),
            (("created_at",), "2026-05-04 09:11:50", "/created_at"),
            (("created_at",), "2026-05-04 09:11:50 CET", "/created_at"),
            (("created_at",), None, "/created_at"),
        ],
    )
    def test_what_a_decline_needs_is_told_by_its_place(
        self, path: tuple[str, ...], value: Any, pointer: str
    ) -> None:
        """Nobody guesses who it was, or when."""
        with pytest.raises(Invalid) as refused:
            self.read(changed(DECLINED, path, value))
        assert [fault.pointer for fault in refused.value.errors] == [pointer]

    def test_what_is_signed_is_what_was_sent(self) -> None:
        """Not the same JSON written otherwise."""
        delivery = self.signed(b'{"name": "\\u0141ucja"}', self.secret, {})
        with pytest.raises(SignatureInvalid):
            self.verify(replace(delivery, body='{"name": "Łucja"}'.encode()), self.secret)
