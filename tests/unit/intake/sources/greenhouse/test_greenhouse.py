"""Greenhouse: who said no, by its own words or the operator's, and which events are one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from services.intake.sources import Delivery
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn, OptOutReceived, PersonChanged
from tests.unit.intake.sources.contract import AdapterContract, bare_hex
from tests.unit.intake.sources.deliveries import body_of, changed, encoded, stored

CASES = stored("greenhouse")
APPLICATION = ("payload", "application")


class TestGreenhouse(AdapterContract):
    kind = "greenhouse"
    signature = "signature"
    headers: ClassVar[tuple[str, ...]] = ("greenhouse-event-id",)
    grows_old = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As its documentation says: the algorithm, a space, and the digest in hexadecimal."""
        value = f"sha256 {bare_hex(body, secret)}"
        return Delivery({**headers, "signature": value, "greenhouse-event-id": "ev-1"}, body)

    def test_the_algorithm_is_sha256_and_a_space(self) -> None:
        """Not the equals sign that others write, nor what is weaker, nor a digest alone."""
        genuine = self.genuine()
        digest = genuine.headers["signature"].removeprefix("sha256 ")
        for value in (
            f"sha256={digest}",
            f"sha1 {digest[:40]}",
            digest,
            f"sha256  {digest}",
            f"sha256 {digest} ",
        ):
            with pytest.raises(SignatureInvalid):
                self.verify(replace(genuine, headers={"signature": value}), self.secret)
        self.verify(replace(genuine, headers={"signature": f"sha256 {digest.upper()}"}), self.secret)

    def test_a_known_signature(self) -> None:
        """Computed by openssl, and not by us."""
        body = b'{"action":"ping","payload":{}}'
        digest = "4ba00cf5760faa1fd059974e03fd2b97aef5c89a3cd48b3cd92a6154c1ac210e"
        self.verify(Delivery({"signature": f"sha256 {digest}"}, body), "s3cret")

    def test_a_retry_is_the_same_event_and_another_application_another(self) -> None:
        """Whatever Greenhouse calls the delivery."""
        body = CASES["a-candidate-withdrew"]["body"]
        (first,) = self.read(body)
        (edited,) = self.read(changed(body, (*APPLICATION, "rejection_reason", "name"), "Other"))
        (other,) = self.read(changed(body, (*APPLICATION, "id"), 102))
        assert first.id == edited.id != other.id

    @pytest.mark.parametrize("spoiled", [("rejected_at",), ("id",), ("rejection_reason",)])
    def test_an_opt_out_does_not_fall_with_the_decline_beside_it(self, spoiled: tuple[str, ...]) -> None:
        """What cannot be read of it is told; where there is no opt-out it is refused."""
        body = CASES["an-opt-out-beside-it"]["body"]
        odd = changed(body, (*APPLICATION, *spoiled), None)
        mapped = self.map(Delivery({}, encoded(odd)))
        assert isinstance(mapped.events[-1].data, OptOutReceived)
        assert len(mapped.events) + len(mapped.ignored) == 2
        if spoiled != ("rejection_reason",):
            (left,) = mapped.ignored
            assert "/".join(("/payload/application", *spoiled)) in left.why
            with pytest.raises(Invalid):
                self.read(changed(odd, (*APPLICATION, "candidate", "can_email"), True))

    def test_an_unreject_takes_back_the_very_rejection(self) -> None:
        """By its id; told again it is the same, told later another that harms nobody."""
        (decline,) = self.read(CASES["a-candidate-withdrew"]["body"])
        body = CASES["unrejected"]["body"]
        (withdrawn,) = self.read(body)
        (later,) = self.read(changed(body, (*APPLICATION, "last_activity_at"), "2026-06-01T00:00:00Z"))
        assert withdrawn.data == later.data == DeclineWithdrawn(decline=decline.id)
        assert withdrawn.id != later.id

    def test_a_decline_names_its_application(self) -> None:
        """Behind which the rest is found, where an offer tells ids only."""
        for name in ("a-candidate-withdrew", "an-offer-rejected"):
            (decline,) = self.read(CASES[name]["body"])
            assert isinstance(decline.data, DeclineReceived)
            assert decline.data.application == "101"

    def test_a_change_is_another_event_than_the_change_before(self) -> None:
        """And the same when it is told again, though Greenhouse gives it neither id nor time."""
        body = CASES["a-candidate-updated"]["body"]
        (one,), (again,) = self.read(body), self.read(body)
        (other,) = self.read(changed(body, ("payload", "candidate", "first_name"), "Augusta"))
        assert one == again
        assert one.id != other.id
        assert one.time is None

    def test_a_merge_names_both(self) -> None:
        """The one who stays, and who came into it."""
        (merged,) = self.read(CASES["candidates-merged"]["body"])
        assert isinstance(merged.data, PersonChanged)
        assert (merged.data.person.external_id, merged.data.formerly) == ("7", ("6",))

    def test_whoever_must_not_be_mailed_is_opted_out_whatever_the_reason_is_mapped_to(self) -> None:
        """A decline that counts as none does not hide it."""
        body = CASES["an-opt-out-beside-it"]["body"]
        (opted_out,) = self.read(body, reasons={"Took another offer": "ignore"})
        assert isinstance(opted_out.data, OptOutReceived)

    @pytest.mark.parametrize(
        ("path", "value", "pointer"),
        [
            (("action",), None, "/action"),
            ((*APPLICATION, "id"), None, "/payload/application/id"),
            ((*APPLICATION, "id"), "x" * 201, "/payload/application/id"),
            ((*APPLICATION, "candidate"), {"first_name": "Ada"}, "/payload/application/candidate"),
            ((*APPLICATION, "rejected_at"), "2026-05-04T09:12:00", "/payload/application/rejected_at"),
            (("payload",), [], "/payload/application/id"),
        ],
    )
    def test_what_a_decline_needs_is_told_by_its_place(
        self, path: tuple[str, ...], value: Any, pointer: str
    ) -> None:
        """Nobody guesses who it was, or when."""
        with pytest.raises(Invalid) as refused:
            self.read(changed(CASES["a-candidate-withdrew"]["body"], path, value))
        assert [fault.pointer for fault in refused.value.errors] == [pointer]

    def test_what_is_signed_is_what_was_sent(self) -> None:
        """Not the same JSON written otherwise."""
        case = CASES["escapes-as-sent"]
        delivery = self.signed(body_of(case), self.secret, {})
        self.verify(delivery, self.secret)
        with pytest.raises(SignatureInvalid):
            self.verify(replace(delivery, body=delivery.body.replace(b"\\u003c", b"<")), self.secret)

    @pytest.mark.parametrize(
        "payload",
        [
            {"application": {"candidate": {"id": 7, "can_email": False}}},
            {"candidate": {"id": 7, "can_email": False}},
            {"person": {"id": 7, "can_email": False}},
        ],
    )
    def test_whoever_must_not_be_mailed_is_opted_out_by_whatever_action(self, payload: Any) -> None:
        """The mark stands on the candidate."""
        for action in ("application_updated", "candidate_stage_change", "an_action_of_later"):
            (opted_out,) = self.read({"action": action, "payload": payload})
            assert isinstance(opted_out.data, OptOutReceived)
            assert opted_out.data.person is not None
            assert opted_out.data.person.external_id == "7"

    @pytest.mark.parametrize(("erasing", "kind"), [(False, "opt_out.received"), (True, "erasure.requested")])
    def test_one_who_is_deleted_is_opted_out_or_forgotten(self, *, erasing: bool, kind: str) -> None:
        """Not both: an erasure says more, and another event would name whom it forgets."""
        body = {"action": "delete_candidate", "payload": {"person": {"id": 7, "can_email": False}}}
        assert [event.data.kind for event in self.read(body, erase_deleted=erasing)] == [kind]
