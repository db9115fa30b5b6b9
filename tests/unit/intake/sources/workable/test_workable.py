"""Workable: a state of the candidate and not what happened, and its own word on who withdrew."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.intake.sources import Delivery
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn
from tests.unit.intake.sources.contract import AdapterContract, bare_hex
from tests.unit.intake.sources.deliveries import changed, encoded, stored

CASES = stored("workable")
DECLINED = CASES["an-offer-rejected"]["body"]
DISQUALIFIED_AT = ("data", "disqualified_at")


class TestWorkable(AdapterContract):
    kind = "workable"
    signature = "x-workable-signature"
    grows_old = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As public integrations check it: bare hexadecimal."""
        return Delivery({**headers, self.signature: bare_hex(body, secret)}, body)

    def test_a_known_signature(self) -> None:
        """Computed by openssl, and not by us."""
        body = b'{"event_type":"candidate_moved","data":{}}'
        digest = "e75f9fc7393db2b600375b9b63ae1ac78d7d3d9b16725882c974c855f1d93897"
        self.verify(Delivery({self.signature: digest}, body), "s3cret")

    def test_the_digest_may_be_written_in_base64(self) -> None:
        """Which of the two it is Workable does not say; another digest is refused in either."""
        genuine = self.genuine()
        digest = bytes.fromhex(genuine.headers[self.signature])
        self.verify(replace(genuine, headers={self.signature: b64encode(digest).decode()}), self.secret)
        for text in (b64encode(digest[::-1]).decode(), f"sha256={digest.hex()}", digest.hex()[:40]):
            with pytest.raises(SignatureInvalid):
                self.verify(replace(genuine, headers={self.signature: text}), self.secret)

    def test_whatever_else_happens_to_the_disqualified_it_is_the_same_no(self) -> None:
        """And another where somebody is disqualified again, or somebody else is."""
        (first,) = self.read(DECLINED)
        (moved,) = self.read(
            {**changed(DECLINED, ("data", "stage"), "Hired"), "id": "other", "fired_at": "x"}
        )
        (again,) = self.read(changed(DECLINED, DISQUALIFIED_AT, "2026-05-05T09:11:58Z"))
        (other,) = self.read(changed(DECLINED, ("data", "id"), "c-2"))
        assert first.id == moved.id
        assert len({first.id, again.id, other.id}) == 3

    def test_the_no_is_as_old_as_the_disqualification(self) -> None:
        """However late the event comes: an old no must not look fresh."""
        old = changed(DECLINED, DISQUALIFIED_AT, "2025-01-01T00:00:00+01:00")
        (decline,) = self.read(old)
        assert decline.time is not None
        assert decline.time.isoformat() == "2024-12-31T23:00:00+00:00"

    def test_a_revert_takes_back_the_very_disqualification(self) -> None:
        """And no other."""
        (decline,) = self.read(DECLINED)
        (withdrawn,) = self.read(CASES["reverted"]["body"])
        assert withdrawn.data == DeclineWithdrawn(decline=decline.id)

    def test_a_move_before_the_no_takes_nothing_back(self) -> None:
        """Every candidate is moved before; a withdrawal holds whenever it was said."""
        moved = changed(DECLINED, ("data", "disqualified"), False)
        for nothing in (None, "", "yesterday"):
            assert self.read(changed(moved, DISQUALIFIED_AT, nothing)) == ()
        assert self.read(changed(DECLINED, ("data", "disqualified"), "true")) == ()

    @pytest.mark.parametrize("withdrew", ["true", "false", 1, None, {}])
    def test_only_workable_s_own_form_of_the_word_tells_who(self, withdrew: Any) -> None:
        """Nothing that merely resembles it."""
        (decline,) = self.read(changed(CASES["a-candidate-withdrew"]["body"], ("data", "withdrew"), withdrew))
        assert isinstance(decline.data, DeclineReceived)
        assert decline.data.who == "unknown"

    def test_a_decline_names_its_application(self) -> None:
        """A candidate of Workable's is of one job."""
        (decline,) = self.read(DECLINED)
        assert isinstance(decline.data, DeclineReceived)
        assert decline.data.application == "c-1"

    def test_the_id_in_the_envelope_names_the_delivery(self) -> None:
        """Where there is one."""
        assert self.delivery_id(Delivery({}, encoded(DECLINED))) == "6a2f0c1e"
        assert self.delivery_id(Delivery({}, b"[]")) is None

    @pytest.mark.parametrize(
        ("path", "value", "pointer"),
        [
            (("event_type",), None, "/event_type"),
            (("data", "id"), None, "/data/id"),
            (DISQUALIFIED_AT, None, "/data/disqualified_at"),
            (DISQUALIFIED_AT, "2026-05-04T09:11:58", "/data/disqualified_at"),
        ],
    )
    def test_what_a_decline_needs_is_told_by_its_place(
        self, path: tuple[str, ...], value: Any, pointer: str
    ) -> None:
        """Nobody guesses who it was, or when."""
        with pytest.raises(Invalid) as refused:
            self.read(changed(DECLINED, path, value))
        assert [fault.pointer for fault in refused.value.errors] == [pointer]

    def test_a_deletion_without_a_candidate_forgets_nobody(self) -> None:
        """It is told, where it would be obeyed."""
        body = changed(CASES["a-candidate-deleted-to-be-forgotten"]["body"], ("data", "id"), None)
        with pytest.raises(Invalid):
            self.read(body, erase_deleted=True)
