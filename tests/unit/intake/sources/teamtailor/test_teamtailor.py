"""Teamtailor: the signature that covers the body and no other, and rejections that do not say whose."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.intake.sources import Delivery, Sent
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived
from tests.unit.intake.sources.contract import AdapterContract
from tests.unit.intake.sources.deliveries import NOW, body_of, changed, encoded, stored

CASES = stored("teamtailor")
ATTRIBUTES = ("payload", "data", "attributes")
SECONDS = int(NOW.timestamp())


def digest_of(secret: str, signed: bytes) -> str:
    """The HMAC-SHA256, in hexadecimal."""
    return hmac.new(secret.encode(), signed, "sha256").hexdigest()


class TestTeamtailor(AdapterContract):
    kind = "teamtailor"
    signature = "tt-signature"

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As its documentation says of version 2: the time, a full stop, and the whole body."""
        return self.given(f"t={SECONDS},v2={digest_of(secret, b'%d.%b' % (SECONDS, body))}", body, headers)

    @staticmethod
    def given(told: str, body: bytes, headers: Mapping[str, str] | None = None) -> Delivery:
        """A delivery with this in its signature."""
        return Delivery({**(headers or {}), "tt-signature": b64encode(told.encode()).decode()}, body)

    def test_a_known_signature(self) -> None:
        """Computed by openssl, and not by us."""
        body = b'{"payload":{"event_name":"job.update","data":{"id":"2"}}}'
        value = (
            "dD0xNzc3ODg1OTUwLHYyPThmMWI2NTBiMWE1YzJlMDk0OWZjNzRmYjc5YWM1NmQ3"
            "NTYxZGVlODQwNmFmMzE2YjE0YTA4Yjc3ZGIwZDNhNTU="
        )
        self.verify(Delivery({"tt-signature": value}, body), "s3cret")

    def test_a_signature_of_version_1_is_refused(self) -> None:
        """It signs the id, and whoever saw it once could write anything else about that id."""
        body = encoded(CASES["a-rejection"]["body"])
        digest = digest_of(self.secret, b"901")
        whole = digest_of(self.secret, b"%d.%b" % (SECONDS, body))
        for told in (
            digest,
            f"t={SECONDS},v1={digest}",
            f"t={SECONDS},v2={digest}",
            f"t={SECONDS},v1={whole}",
        ):
            with pytest.raises(SignatureInvalid):
                self.verify(self.given(told, body), self.secret)

    def test_the_signature_of_partner_webhooks_is_refused(self) -> None:
        """It is another scheme, under another name, and signs an id too."""
        digest = digest_of(self.secret, b"%d.ev-1" % SECONDS)
        headers = {"teamtailor-signature": f"t={SECONDS},v1={digest},v0={'0' * 64}"}
        with pytest.raises(SignatureInvalid):
            self.verify(Delivery(headers, b'{"partner-event":{"id":"ev-1"}}'), self.secret)

    def test_time_and_digest_stand_as_they_should(self) -> None:
        """And the time is signed with the body."""
        body = b'{"payload":{"event_name":"job.update"}}'
        digest = digest_of(self.secret, b"%d.%b" % (SECONDS, body))
        self.verify(self.given(f"t={SECONDS},v2={digest}", body), self.secret)
        odd = (
            f"t={SECONDS + 1},v2={digest}",
            f"t=0{SECONDS},v2={digest}",
            f"v2={digest},t={SECONDS}",
            f"t={SECONDS},v2={digest},v2={digest}",
            f"t={SECONDS}, v2={digest}",
            f"t={SECONDS},v2={digest}\n",
            f"t=-{SECONDS},v2={digest}",
            f"v2={digest}",
        )
        for told in odd:
            with pytest.raises(SignatureInvalid):
                self.verify(self.given(told, body), self.secret)
        with pytest.raises(SignatureInvalid):
            self.verify(Delivery({"tt-signature": f"t={SECONDS},v2={digest}"}, body), self.secret)

    def test_what_is_signed_is_what_was_sent(self) -> None:
        """Not the same JSON written otherwise."""
        delivery = self.signed(body_of(CASES["escapes-as-sent"]), self.secret, {})
        self.verify(delivery, self.secret)
        with pytest.raises(SignatureInvalid):
            self.verify(replace(delivery, body=delivery.body.replace(b"1.0", b"1")), self.secret)

    def test_a_delivery_has_no_name(self) -> None:
        """Nothing in it is the same for each try, and there is but one."""
        assert self.delivery_id(self.genuine()) is None

    def read(self, body: Any, **config: Any) -> tuple[Sent, ...]:
        """The events of a body, deletions among them."""
        return super().read(body, erase_deleted=True, **config)

    def test_what_repeats_a_rejection_is_the_same_event(self) -> None:
        """Any change of the application does; that of another is another, and each names its own."""
        body = CASES["a-rejection"]["body"]
        (first,) = self.read(body)
        (edited,) = self.read(changed(body, (*ATTRIBUTES, "updated-at"), "2026-06-01T00:00:00Z"))
        (listed,) = self.read(CASES["a-rejection-as-it-is-listed"]["body"])
        (other,) = self.read(changed(body, ("payload", "data", "id"), "902"))
        assert first == edited == listed
        assert first.id != other.id
        assert isinstance(first.data, DeclineReceived)
        assert first.data.application == "901"

    def test_an_application_that_is_not_rejected_takes_nothing_back(self) -> None:
        """Every change of stage tells of one, and a withdrawal counts whenever it came."""
        body = changed(CASES["a-rejection"]["body"], (*ATTRIBUTES, "rejected-at"), None)
        assert self.read(body) == ()

    def test_a_change_told_later_is_another_event(self) -> None:
        """And the same when it is told again."""
        body = CASES["a-candidate-updated"]["body"]
        (one,), (again,) = self.read(body), self.read(body)
        (other,) = self.read(changed(body, (*ATTRIBUTES, "email"), "augusta@example.com"))
        assert one == again
        assert one.id != other.id

    @pytest.mark.parametrize("odd", [False, None, "true", 1, {}])
    def test_only_a_mark_that_is_true_is_an_opt_out(self, odd: Any) -> None:
        """The change of the person's data is told all the same."""
        events = self.read(
            changed(CASES["a-candidate-unsubscribed"]["body"], (*ATTRIBUTES, "unsubscribed"), odd)
        )
        assert [event.data.kind for event in events] == ["person.changed"]

    @pytest.mark.parametrize(
        ("name", "path", "value", "pointer"),
        [
            ("a-rejection", ("payload", "event_name"), None, "/payload/event_name"),
            ("a-rejection", ("payload",), [], "/payload/event_name"),
            ("a-rejection", ("payload", "data", "id"), None, "/payload/data/id"),
            (
                "a-rejection",
                (*ATTRIBUTES, "rejected-at"),
                "2026-05-04T09:12:00",
                "/payload/data/attributes/rejected-at",
            ),
            ("a-rejection", (*ATTRIBUTES, "rejected-at"), "", "/payload/data/attributes/rejected-at"),
            ("a-rejection", (*ATTRIBUTES, "rejected-at"), True, "/payload/data/attributes/rejected-at"),
            ("a-candidate-updated", ("payload", "data"), {}, "/payload/data"),
            ("a-candidate-deleted", ("payload", "data", "id"), {}, "/payload/data/id"),
        ],
    )
    def test_what_is_needed_is_told_by_its_place(
        self, name: str, path: tuple[str, ...], value: Any, pointer: str
    ) -> None:
        """Nobody guesses who it was, or when."""
        with pytest.raises(Invalid) as refused:
            self.read(changed(CASES[name]["body"], path, value))
        assert [fault.pointer for fault in refused.value.errors] == [pointer]

    @pytest.mark.parametrize(
        ("event", "erasing", "kind"),
        [
            ("candidate.create", False, "opt_out.received"),
            ("candidate.of_later", False, "opt_out.received"),
            ("candidate.destroy", False, "opt_out.received"),
            ("candidate.destroy", True, "erasure.requested"),
        ],
    )
    def test_whoever_unsubscribed_is_opted_out_by_whatever_event(
        self, event: str, *, erasing: bool, kind: str
    ) -> None:
        """But not beside an erasure: it says more, and another event would name whom it forgets."""
        body = changed(CASES["a-candidate-unsubscribed"]["body"], ("payload", "event_name"), event)
        events = self.map(Delivery({}, encoded(body)), {"erase_deleted": erasing}).events
        assert [event.data.kind for event in events] == [kind]
