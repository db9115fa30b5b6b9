"""SmartRecruiters: a signature over headers too, an activation that is answered, ids that tell no side."""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest

from services.intake.sources import Delivery, Sent, folded
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, ErasureRequested, Person
from tests.unit.intake.sources.contract import AdapterContract
from tests.unit.intake.sources.deliveries import NOW, body_of, encoded, stored

CASES = stored("smartrecruiters")
SIGNED_HEADERS = ("event-id", "event-name", "event-version", "link")
STATUS = CASES["a-status-changed"]


class TestSmartRecruiters(AdapterContract):
    kind = "smartrecruiters"
    signature = "smartrecruiters-signature"
    headers: ClassVar[tuple[str, ...]] = ("smartrecruiters-timestamp", *SIGNED_HEADERS)

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As its documentation says: time, body and four headers, joined by full stops."""
        given = headers or STATUS["headers"]
        seconds = str(int(NOW.timestamp()))
        others = [given.get(name, "").encode("latin-1") for name in SIGNED_HEADERS]
        digest = hmac.new(secret.encode(), b".".join([seconds.encode(), body, *others]), "sha256").hexdigest()
        own = {"smartrecruiters-timestamp": seconds, "smartrecruiters-signature": f"v1={digest}"}
        return Delivery({**given, **own}, body)

    def test_the_example_of_the_documentation(self) -> None:
        """Its key, its time, its body, and the link in angle brackets."""
        headers = {
            "smartrecruiters-timestamp": "1574080897",
            "smartrecruiters-signature": "v1=2e9291f10d44ca10204a4cd81b05d73b"
            "6a316b2b605d4e2e0e0b37b40198ce1f",
            "event-id": "123",
            "event-name": "application.created",
            "event-version": "v201910",
            "link": "<http://smartrecruiters.com/endpoint>; rel=self",
        }
        delivery = Delivery(headers, b'{"job_id":"jid","candidate_id":"cid"}')
        self.verify(delivery, "HeBVky2bccvvkcXPimH8c", at=datetime.fromtimestamp(1574080897, UTC))

    def test_one_of_several_signatures_is_enough(self) -> None:
        """There is one for each key that is in force, and other schemes may come beside v1."""
        genuine = self.genuine()
        value, other = genuine.headers[self.signature], f"v1={'0' * 64}"

        def given(text: str) -> Delivery:
            return replace(genuine, headers={**genuine.headers, self.signature: text})

        for text in (f"{other};{value}", f"{value};{other}", f"v2=x;{value}", f";{value};v1=odd"):
            self.verify(given(text), self.secret)
        digest = value.removeprefix("v1=")
        for text in (other, f"v2={digest}", digest, f"v1 ={digest}", f"v1==={digest}"):
            with pytest.raises(SignatureInvalid):
                self.verify(given(text), self.secret)

    def test_a_subscription_without_a_key_is_told_what_it_lacks(self) -> None:
        """It sends no signature at all until one is made there."""
        genuine = self.genuine()
        unsigned = {name: value for name, value in genuine.headers.items() if name != self.signature}
        with pytest.raises(SignatureInvalid, match="smartrecruiters-signature: v1= and hexadecimal"):
            self.verify(replace(genuine, headers=unsigned), self.secret)

    def test_another_header_or_time_is_refused(self) -> None:
        """They are signed beside the body: nobody else's event is named, and no other."""
        genuine = self.genuine()
        for name in SIGNED_HEADERS:
            without = {key: value for key, value in genuine.headers.items() if key != name}
            twice = folded([*genuine.headers.items(), (name, genuine.headers[name])])
            others = [{**genuine.headers, name: genuine.headers[name] + odd} for odd in ("x", "\u2603")]
            for headers in (without, twice, *others):
                with pytest.raises(SignatureInvalid):
                    self.verify(replace(genuine, headers=headers), self.secret)
        now = int(NOW.timestamp())
        for time in (f"{now + 1}", f"{now}.0", f" {now}", f"+{now}", "", "9" * 12, "\u0661" * 10):
            headers = {**genuine.headers, "smartrecruiters-timestamp": time}
            with pytest.raises(SignatureInvalid):
                self.verify(replace(genuine, headers=headers), self.secret)

    def test_activation_gets_its_secret_back(self) -> None:
        """With 200 and in the header of that name, whatever our secrets are."""
        asked = Delivery({"x-hook-secret": "4jn8fs9011jj8"}, b"")
        for secrets in ((), (self.secret,)):
            answer = self.adapter.handshake(asked, secrets, self.adapter.CONFIG())
            assert answer is not None
            assert (answer.status, dict(answer.headers)) == (200, {"X-Hook-Secret": "4jn8fs9011jj8"})
            assert not answer.body

    @pytest.mark.parametrize("told", ["", "a b", "a\nSet-Cookie: x", "é", "x" * 201])
    def test_what_no_honest_header_holds_is_not_given_back(self, told: str) -> None:
        """Nor is anything by another method than the one activation uses."""
        config = self.adapter.CONFIG()
        with pytest.raises(Invalid, match="X-Hook-Secret"):
            self.adapter.handshake(Delivery({"x-hook-secret": told}, b""), (), config)
        assert self.adapter.handshake(Delivery({"x-hook-secret": "ab"}, b"", "GET"), (), config) is None

    def test_what_another_kind_signed_is_no_activation(self) -> None:
        """SmartRecruiters' own signature, and the Authorization that a subscription may be given, are."""
        for header in ("smartrecruiters-signature", "authorization", "signature", "x-hmac"):
            asked = Delivery({"x-hook-secret": "ab", header: "0"}, b"")
            greets = self.adapter.handshake(asked, (), self.adapter.CONFIG()) is not None
            assert greets == (header in {"smartrecruiters-signature", "authorization"})

    def test_success_is_202(self) -> None:
        """Its documentation takes all else for a failure, 200 too."""
        assert self.adapter.SUCCESS_STATUS == 202

    def test_the_event_names_the_delivery(self) -> None:
        """In a header."""
        assert self.delivery_id(self.genuine()) == self.genuine().headers["event-id"]
        assert self.delivery_id(Delivery({}, b"")) is None

    def read(self, body: Any, **headers: str | None) -> tuple[Sent, ...]:
        """The events of a body, with other headers than those of a changed status."""
        time = {"smartrecruiters-timestamp": str(int(NOW.timestamp()))}
        others = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {**STATUS["headers"], **time, **others}
        told = {name: value for name, value in given.items() if value is not None}
        return self.map(Delivery(told, encoded(body)), {"erase_deleted": True}).events

    def test_each_change_is_an_event_of_its_own_and_names_its_application(self) -> None:
        """A try is told from another change of the same application by the id of the event."""
        (first,), (again,) = self.read(STATUS["body"]), self.read(STATUS["body"])
        (other,) = self.read(STATUS["body"], event_id="another")
        assert first == again
        assert first.id != other.id
        for body, named in ((STATUS["body"], "cid-7/jid-3"), ({"id": "app-1"}, "app-1")):
            (decline,) = self.read(body)
            assert isinstance(decline.data, DeclineReceived)
            assert decline.data.application == named

    @pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["expected"].get("events")])
    def test_nothing_that_is_sent_tells_whose_no_it_was(self, name: str) -> None:
        """Not a mapping, not a member that is not documented: only the platform's API."""
        case = CASES[name]
        delivery = self.signed(body_of(case), self.secret, case["headers"])
        for event in self.map(delivery, case.get("config", {})).events:
            assert getattr(event.data, "who", "unknown") == "unknown"

    @pytest.mark.parametrize(
        ("body", "headers", "told"),
        [
            ({"candidate_id": "cid-7"}, {}, "/candidate_id"),
            ({"job_id": "jid-3"}, {}, "/candidate_id"),
            ({}, {"event_name": "candidate.deleted"}, "/candidate_id"),
            ({"id": "x" * 201}, {}, "/candidate_id"),
            (STATUS["body"], {"event_name": None}, "header event-name"),
            (STATUS["body"], {"event_id": None}, "header event-id"),
            (STATUS["body"], {"event_id": "x" * 201}, "header event-id"),
            (STATUS["body"], {"smartrecruiters_timestamp": None}, "header smartrecruiters-timestamp"),
        ],
    )
    def test_what_is_needed_is_told(self, body: Any, headers: dict[str, str | None], told: str) -> None:
        """Nobody guesses who it was, or when."""
        with pytest.raises(Invalid, match=told):
            self.read(body, **headers)

    @pytest.mark.parametrize("body", [{"id": "cid-7"}, {"candidate_id": "cid-7"}])
    def test_a_deletion_names_the_candidate_either_way(self, body: Any) -> None:
        """Both forms of a body are documented."""
        (erasure,) = self.read(body, event_name="candidate.deleted")
        assert erasure.data == ErasureRequested(person=Person(external_id="cid-7"))
