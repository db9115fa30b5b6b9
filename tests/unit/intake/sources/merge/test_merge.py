"""Merge: ids or what is behind them, many customers at one address, and no word on who said no."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.intake.sources import Delivery, reading
from shared.errors import Invalid
from shared.events import DeclineReceived, OptOutReceived
from tests.unit.intake.sources.contract import AdapterContract
from tests.unit.intake.sources.deliveries import changed, encoded, stored

CASES = stored("merge")
REJECTED, DENIED = CASES["rejected-by-ids"]["body"], CASES["an-offer-denied"]["body"]
IN_FULL = CASES["an-offer-denied-in-full"]["body"]


class TestMerge(AdapterContract):
    kind = "merge"
    signature = "x-merge-webhook-signature"
    grows_old = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As its documentation says: base64 for URLs."""
        digest = hmac.new(secret.encode(), body, "sha256").digest()
        return Delivery({**headers, self.signature: urlsafe_b64encode(digest).decode()}, body)

    def test_a_known_signature(self) -> None:
        """Computed by openssl, and not by us; padded or not."""
        body = b'{"event_type":"candidate_moved","data":{}}'
        digest = "51-fxzk9srYAN1ubY64ax419PZsWcliCyXTIVfHZOJc"
        for text in (digest, f"{digest}="):
            self.verify(Delivery({self.signature: text}, body), "s3cret")

    def test_the_signature_names_the_delivery(self) -> None:
        """As Merge says, for the hook's id is that of the subscription; padding makes no other of it."""
        genuine = self.genuine()
        padded = genuine.headers[self.signature]
        bare = replace(genuine, headers={self.signature: padded.rstrip("=")})
        other = self.signed(genuine.body + b" ", self.secret, {})
        named = [self.delivery_id(delivery) for delivery in (genuine, bare, other)]
        assert named[0] == named[1] != named[2]
        assert self.delivery_id(Delivery({}, genuine.body)) is None

    def test_a_later_sync_tells_the_same_no_again(self) -> None:
        """Whatever else was changed; another application's is another, and that of another account."""
        (first,) = self.read(REJECTED)
        (again,) = self.read(changed(REJECTED, ("data", "modified_at"), "2026-06-01T00:00:00Z"))
        (full,) = self.read(CASES["rejected-in-full"]["body"])
        (other,) = self.read(changed(REJECTED, ("data", "id"), "ap-2"))
        (account,) = self.read(changed(REJECTED, ("linked_account", "id"), "la-2"))
        assert first == again
        assert first.id == full.id
        assert len({first.id, other.id, account.id}) == 3

    def test_an_offer_and_its_application_are_two_declines_of_one_application(self) -> None:
        """Behind which the rest is found."""
        (application,), (offer,) = self.read(REJECTED), self.read(DENIED)
        assert isinstance(application.data, DeclineReceived)
        assert isinstance(offer.data, DeclineReceived)
        assert application.id != offer.id
        assert application.data.application == offer.data.application == "ap-1"

    @pytest.mark.parametrize(
        "reason", [{"id": "r-1", "name": "Not qualified"}, {"id": "not qualified"}, "r-9"]
    )
    def test_a_denied_offer_is_not_the_candidate_s_where_the_application_says_otherwise(
        self, reason: Any
    ) -> None:
        """The reason of its application is a name of the same no, by whichever name it was mapped."""
        reasons = {"denied": "candidate", "not qualified": "company", "r-9": "company"}
        denied = changed(IN_FULL, ("data", "application", "reject_reason"), reason)
        (offer,) = self.read(denied, reasons=reasons)
        assert isinstance(offer.data, DeclineReceived)
        assert offer.data.who == "unknown"
        (alone,) = self.read(changed(denied, ("data", "application"), "ap-1"), reasons=reasons)
        assert isinstance(alone.data, DeclineReceived)
        assert alone.data.who == "candidate"

    @pytest.mark.parametrize(
        ("body", "lacking", "pointer"),
        [
            (REJECTED, {"rejected_at": ""}, "/data/rejected_at"),
            (DENIED, {"closed_at": None, "sent_at": None, "remote_created_at": None}, "/data/closed_at"),
        ],
    )
    def test_merge_s_own_time_does_not_make_an_old_no_fresh(
        self, body: Any, lacking: dict[str, Any], pointer: str
    ) -> None:
        """Where the platform tells no time nobody guesses one."""
        with pytest.raises(Invalid) as refused:
            self.read(body | {"data": body["data"] | lacking})
        assert [fault.pointer for fault in refused.value.errors] == [pointer]

    @pytest.mark.parametrize(
        ("told", "time"),
        [
            ({"closed_at": None}, "sent_at"),
            ({"closed_at": "2026-05-04"}, "sent_at"),
            ({"closed_at": None, "sent_at": None}, "remote_created_at"),
        ],
    )
    def test_an_offer_that_was_closed_at_no_time_was_denied_after_it_was_made(
        self, told: dict[str, Any], time: str
    ) -> None:
        """For Merge sends nothing again that was refused, and the candidate's no would be lost. It is taken
        for older than it is, and so never for a fresh one.
        """
        (denied,) = self.read(DENIED | {"data": DENIED["data"] | told})
        (closed,) = self.read(DENIED)
        assert (denied.id, denied.data) == (closed.id, closed.data)
        assert denied.time == reading.rfc3339(DENIED["data"][time])

    def test_a_stage_that_is_only_an_id_tells_nothing(self) -> None:
        """Also where the id reads like a stage."""
        (decline,) = self.read(changed(REJECTED, ("data", "current_stage"), "offer"))
        assert isinstance(decline.data, DeclineReceived)
        assert decline.data.stage is None

    @pytest.mark.parametrize("named", ["la-1", "acme"])
    def test_only_the_accounts_that_are_named_are_read(self, named: str) -> None:
        """By the id of either side; one that is missing is not among them."""
        assert self.read(REJECTED, linked_accounts=[named, "other"])
        stranger = {**REJECTED, "linked_account": {"id": "la-9", "end_user_origin_id": None}}
        assert self.read(stranger, linked_accounts=[named]) == ()
        assert self.read({**REJECTED, "linked_account": None}, linked_accounts=[named]) == ()

    def test_a_deletion_in_the_accounts_of_others_forgets_nobody(self) -> None:
        """Nor does any other event of theirs."""
        body = CASES["a-candidate-removed-to-be-forgotten"]["body"]
        assert self.read(body, erase_deleted=True, linked_accounts=["la-2"]) == ()
        assert self.read(body, erase_deleted=True, linked_accounts=["la-1"]) != ()

    @pytest.mark.parametrize(
        ("body", "path", "value", "pointer"),
        [
            (REJECTED, ("hook", "event"), None, "/hook/event"),
            (REJECTED, ("data", "id"), None, "/data/id"),
            (REJECTED, ("data", "rejected_at"), "2026-05-04", "/data/rejected_at"),
            (DENIED, ("data", "id"), None, "/data/id"),
            (DENIED, ("data", "application"), {"candidate": "c-1"}, "/data/application"),
            (CASES["a-candidate-changed"]["body"], ("data",), {"first_name": "Ada"}, "/data"),
        ],
    )
    def test_what_is_needed_is_told_by_its_place(
        self, body: Any, path: tuple[str, ...], value: Any, pointer: str
    ) -> None:
        """Nobody guesses who it was, or when."""
        with pytest.raises(Invalid) as refused:
            self.read(changed(body, path, value))
        assert [fault.pointer for fault in refused.value.errors] == [pointer]

    @pytest.mark.parametrize("member", ["id", "rejected_at"])
    def test_an_opt_out_does_not_fall_with_the_decline_beside_it(self, member: str) -> None:
        """What cannot be read of it is told; where there is no opt-out it is refused."""
        odd = changed(CASES["an-opt-out-beside-it"]["body"], ("data", member), "x" * 300)
        mapped = self.map(Delivery({}, encoded(odd)))
        (opt_out,), (left,) = mapped.events, mapped.ignored
        assert isinstance(opt_out.data, OptOutReceived)
        assert f"/data/{member}" in left.why
        with pytest.raises(Invalid):
            self.read(changed(odd, ("data", "candidate", "can_email"), True))

    @pytest.mark.parametrize(
        ("name", "spoilt", "others"),
        [
            ("an-offer-denied-in-full", {}, ["decline.received"]),
            ("an-offer-denied-in-full", {"status": "SENT"}, []),
            ("an-offer-denied-in-full", {"closed_at": None, "sent_at": None, "remote_created_at": None}, []),
        ],
    )
    def test_a_candidate_behind_an_offer_who_cannot_be_mailed_is_opted_out(
        self, name: str, spoilt: dict[str, Any], others: list[str]
    ) -> None:
        """Whatever becomes of the offer."""
        body = changed(CASES[name]["body"], ("data", "application", "candidate", "can_email"), False)
        events = self.read(body | {"data": body["data"] | spoilt})
        assert [event.data.kind for event in events] == [*others, "opt_out.received"]

    @pytest.mark.parametrize("event", ["Application.removed", "Offer.removed", "ScheduledInterview.changed"])
    def test_so_is_one_in_an_event_that_tells_of_no_decline(self, event: str) -> None:
        """The mark stands on the candidate."""
        body = changed(CASES["an-opt-out-beside-it"]["body"], ("hook", "event"), event)
        (opt_out,) = self.read(body)
        assert isinstance(opt_out.data, OptOutReceived)

    @pytest.mark.parametrize(("erasing", "kind"), [(False, "person.changed"), (True, "erasure.requested")])
    def test_one_who_was_deleted_there_is_forgotten_by_whichever_event_tells(
        self, *, erasing: bool, kind: str
    ) -> None:
        """As by the event of a removal, which is not sent to everybody; told twice it is one."""
        body = CASES["a-candidate-changed"]["body"]
        body = changed(body, ("data",), body["data"] | {"remote_was_deleted": True})
        (told,) = self.read(body, erase_deleted=erasing)
        assert told.data.kind == kind
        removed = changed(body, ("hook", "event"), "Candidate.removed")
        assert not erasing or self.read(removed, erase_deleted=True) == (told,)

    @pytest.mark.parametrize(("erasing", "kind"), [(False, "opt_out.received"), (True, "erasure.requested")])
    def test_one_who_is_removed_is_opted_out_or_forgotten(self, *, erasing: bool, kind: str) -> None:
        """Not both: an erasure says more, and another event would name whom it forgets."""
        body = changed(CASES["a-candidate-removed"]["body"], ("data", "can_email"), False)
        assert [event.data.kind for event in self.read(body, erase_deleted=erasing)] == [kind]
