"""Ashby: who said no by its own types, and which of the events that repeat each other are one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.intake.sources import Delivery
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn, PersonChanged
from tests.unit.intake.sources.contract import AdapterContract, bare_hex
from tests.unit.intake.sources.deliveries import body_of, changed, encoded, stored

CASES = stored("ashby")
APPLICATION = ("data", "application")
OFFER = ("data", "offer")


class TestAshby(AdapterContract):
    kind = "ashby"
    signature = "ashby-signature"
    grows_old = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As its documentation says: the algorithm, an equals sign, and the digest in hexadecimal."""
        return Delivery({**headers, "ashby-signature": f"sha256={bare_hex(body, secret)}"}, body)

    def test_the_algorithm_is_sha256_and_an_equals_sign(self) -> None:
        """Not the space that others write, nor what is weaker, nor a digest alone."""
        genuine = self.genuine()
        digest = genuine.headers["ashby-signature"].removeprefix("sha256=")
        for value in (f"sha256 {digest}", f"sha1={digest[:40]}", digest, f"sha256= {digest}", f"v1={digest}"):
            with pytest.raises(SignatureInvalid):
                self.verify(replace(genuine, headers={"ashby-signature": value}), self.secret)
        self.verify(replace(genuine, headers={"ashby-signature": f"sha256={digest.upper()}"}), self.secret)

    def test_a_known_signature(self) -> None:
        """Computed by openssl, and not by us."""
        body = b'{"action":"ping","data":{"webhookActionType":"ping"}}'
        digest = "697e03577f4e612e21c3d1492ab01150c9ec4e9c4c0bc9250200f498fc50d33e"
        self.verify(Delivery({"ashby-signature": f"sha256={digest}"}, body), "s3cret")

    def test_what_is_signed_is_what_was_sent(self) -> None:
        """Not the same JSON written otherwise."""
        delivery = self.signed(body_of(CASES["escapes-as-sent"]), self.secret, {})
        self.verify(delivery, self.secret)
        with pytest.raises(SignatureInvalid):
            self.verify(replace(delivery, body=delivery.body.replace(b"\\u003c", b"<")), self.secret)

    def test_an_unsigned_ping_is_no_greeting(self) -> None:
        """A webhook without a secret token stays disabled there, and is noticed."""
        ping = Delivery({}, body_of(CASES["a-ping"]))
        assert self.adapter.handshake(ping, (self.secret,), self.adapter.CONFIG()) is None
        with pytest.raises(SignatureInvalid):
            self.verify(ping, self.secret)

    def test_the_delivery_is_named_in_the_body(self) -> None:
        """By the same id for every try and every related webhook."""
        body = CASES["a-candidate-withdrew"]["body"]
        assert self.delivery_id(Delivery({}, encoded(body))) == body["webhookActionId"]
        for other in (b"[]", b"\xff", b"{}", b'{"webhookActionId": {}}'):
            assert self.delivery_id(Delivery({}, other)) is None

    def test_related_webhooks_tell_the_same_event(self) -> None:
        """And so does a later edit; another application and another archiving are other events."""
        body = CASES["a-candidate-withdrew"]["body"]
        (first,) = self.read(body)
        (related,) = self.read(CASES["told-as-an-update"]["body"])
        (edited,) = self.read(changed(body, (*APPLICATION, "updatedAt"), "2026-06-01T00:00:00Z"))
        (other,) = self.read(changed(body, (*APPLICATION, "id"), "another"))
        (again,) = self.read(changed(body, (*APPLICATION, "archivedAt"), "2026-06-01T00:00:00Z"))
        assert first == related == edited
        assert len({first.id, other.id, again.id}) == 3

    def test_out_of_the_archive_takes_back_the_very_archiving(self) -> None:
        """Of which it still says when it was."""
        (decline,) = self.read(CASES["a-candidate-withdrew"]["body"])
        (withdrawn,) = self.read(CASES["taken-out-of-the-archive"]["body"])
        assert withdrawn.data == DeclineWithdrawn(decline=decline.id)

    def test_a_change_of_stage_takes_nothing_back(self) -> None:
        """A withdrawal counts whenever it came: no later decline of the application would stand."""
        body = CASES["taken-out-of-the-archive"]["body"]
        for status in ("Active", "Lead", "Hired", None):
            odd = changed(changed(body, (*APPLICATION, "archivedAt"), None), (*APPLICATION, "status"), status)
            assert self.read(odd) == ()

    def test_a_decline_names_its_application(self) -> None:
        """Behind which the rest is found, where an offer tells ids only."""
        for name in ("a-candidate-withdrew", "an-offer-declined"):
            (decline,) = self.read(CASES[name]["body"])
            assert isinstance(decline.data, DeclineReceived)
            assert decline.data.application == "3ae2b801-19f6-41ef-ad28-214bd731948f"

    @pytest.mark.parametrize(
        ("offer_status", "acceptance_status", "who"),
        [
            ("CandidateRejected", "Declined", "candidate"),
            (None, "Declined", "candidate"),
            ("CandidateRejected", "Pending", "unknown"),
            ("WaitingOnOfferCreation", "Declined", "unknown"),
            ("candidaterejected", "declined", None),
            (None, None, None),
        ],
    )
    def test_an_offer_is_declined_where_all_that_is_said_of_it_agrees(
        self, offer_status: str | None, acceptance_status: str | None, who: str | None
    ) -> None:
        """Where it does not a person looks, and where nothing says so there is no decline."""
        body = changed(CASES["an-offer-declined"]["body"], (*OFFER, "offerStatus"), offer_status)
        events = self.read(changed(body, (*OFFER, "acceptanceStatus"), acceptance_status))
        assert [event.data.who for event in events if isinstance(event.data, DeclineReceived)] == (
            [who] if who else []
        )

    def test_a_merge_names_both(self) -> None:
        """The one who stays, and who came into it; told again it is the same event."""
        (merged,), (again,) = (self.read(CASES["candidates-merged"]["body"]) for _ in range(2))
        assert isinstance(merged.data, PersonChanged)
        assert (merged.data.person.external_id, merged.data.formerly) == ("c-7", ("c-6",))
        assert merged == again

    @pytest.mark.parametrize(
        ("name", "path", "value", "pointer"),
        [
            ("a-candidate-withdrew", ("action",), None, "/action"),
            ("a-candidate-withdrew", (*APPLICATION, "id"), None, "/data/application/id"),
            ("a-candidate-withdrew", (*APPLICATION, "candidate"), {}, "/data/application/candidate"),
            ("a-candidate-withdrew", (*APPLICATION, "archivedAt"), None, "/data/application/archivedAt"),
            ("a-candidate-withdrew", ("data",), [], "/data/application/id"),
            ("an-offer-declined", (*OFFER, "id"), None, "/data/offer/id"),
            ("an-offer-declined", (*OFFER, "applicationId"), {}, "/data/offer/applicationId"),
            ("an-offer-declined", (*OFFER, "decidedAt"), "yesterday", "/data/offer/decidedAt"),
            ("candidates-merged", ("data", "mergedCandidate", "id"), None, "/data/mergedCandidate/id"),
            ("candidates-merged", ("data", "deletedCandidate"), None, "/data/deletedCandidate/id"),
            (
                "a-candidate-deleted-to-be-forgotten",
                ("data", "candidate", "id"),
                "x" * 201,
                "/data/candidate/id",
            ),
        ],
    )
    def test_what_is_needed_is_told_by_its_place(
        self, name: str, path: tuple[str, ...], value: Any, pointer: str
    ) -> None:
        """Nobody guesses who it was, or when."""
        with pytest.raises(Invalid) as refused:
            self.read(changed(CASES[name]["body"], path, value), erase_deleted=True)
        assert [fault.pointer for fault in refused.value.errors] == [pointer]
