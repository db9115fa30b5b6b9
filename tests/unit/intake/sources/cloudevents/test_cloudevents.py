"""CloudEvents over HTTP: three modes that say the same, a sender that asks first, and who may send."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from services.intake.sources import Answer, Delivery, Sent
from services.intake.sources.cloudevents import MAX_EVENTS
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineWithdrawn, OptOutReceived
from tests.unit.intake.signing import OTHER_SECRET, SECRET
from tests.unit.intake.sources.contract import AdapterContract, by_the_reference
from tests.unit.intake.sources.deliveries import encoded, stored

CASES = stored("cloudevents")
STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
EVENT: dict[str, Any] = CASES["structured"]["body"]


class TestCloudEvents(AdapterContract):
    kind = "cloudevents"
    secret = SECRET
    other_secret = OTHER_SECRET
    signature = "webhook-signature"
    headers: ClassVar[tuple[str, ...]] = (
        "webhook-id",
        "webhook-timestamp",
        "authorization",
        "ce-id",
        "ce-type",
        "ce-specversion",
    )

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As Standard Webhooks says, by its reference library; in binary mode by the token."""
        if "ce-id" in headers:
            return Delivery({**headers, "authorization": f"Bearer {secret}"}, body)
        return Delivery({**by_the_reference(body, secret), **headers}, body)

    def test_a_signature_is_not_enough_for_headers_that_it_does_not_cover(self) -> None:
        """Whoever saw a signed event could give its body another type and name; and is told what is taken."""
        for headers in (STRUCTURED, BATCH):
            seen = self.signed(encoded(EVENT["data"]), SECRET, headers)
            self.verify(seen, SECRET)
            forged = {f"ce-{name}": value for name, value in EVENT.items() if name != "data"}
            for media_type in ("application/json", "application/cloudevents", ""):
                other = replace(seen, headers={**seen.headers, **forged, "content-type": media_type})
                with pytest.raises(
                    SignatureInvalid, match="in binary mode Authorization: Bearer is expected"
                ):
                    self.verify(other, SECRET)
                self.verify(
                    replace(other, headers={**other.headers, "authorization": f"Bearer {SECRET}"}), SECRET
                )

    def test_a_delivery_of_one_event_has_its_name(self) -> None:
        """The same in both modes, whoever signs it; a batch has that of its signature, if any."""
        attributes = {f"ce-{name}": value for name, value in EVENT.items() if name != "data"}
        structured, binary = Delivery(STRUCTURED, encoded(EVENT)), Delivery(attributes, b"{}")
        signed = self.signed(encoded(EVENT), SECRET, STRUCTURED)
        (event,) = self.read_as(EVENT, STRUCTURED)
        assert {self.delivery_id(one) for one in (structured, binary, signed)} == {event.id}
        other = Delivery(STRUCTURED, encoded(EVENT | {"source": "/other"}))
        assert self.delivery_id(other) not in {None, event.id}
        batch = encoded([EVENT])
        assert self.delivery_id(Delivery(BATCH, batch)) is None
        assert self.delivery_id(self.signed(batch, SECRET, BATCH)) == "msg_1"
        for odd in (b"", b"[]", encoded({"source": "", "id": 1})):
            assert self.delivery_id(Delivery(STRUCTURED, odd)) is None

    def test_a_stop_does_not_fall_with_its_neighbour(self) -> None:
        """What cannot be read of a batch is told beside it; where there is no stop it is refused."""
        stop = EVENT | {"id": "s", "type": "opt_out.received", "data": {"person": EVENT["data"]["person"]}}
        for odd in (EVENT | {"data": {"person": {}}}, EVENT | {"data_base64": 1}, 1, EVENT | {"id": ""}):
            mapped = self.map(Delivery(BATCH, encoded([odd, stop])), {})
            (taken,), (left,) = mapped.events, mapped.ignored
            assert isinstance(taken.data, OptOutReceived)
            assert "/0" in left.why
            with pytest.raises(Invalid):
                self.read_as([odd, EVENT], BATCH)

    def test_a_bearer_token_is_enough(self) -> None:
        """The secret, current or previous, in the header and nowhere else."""
        bare = Delivery({"authorization": f"Bearer {SECRET}"}, b"{}")
        self.verify(bare, SECRET)
        self.verify(bare, OTHER_SECRET, SECRET)
        for delivery in (
            Delivery({"authorization": f"Bearer {SECRET[:-1]}"}, b"{}"),
            Delivery({"authorization": SECRET}, b"{}"),
            Delivery({"authorization": "Bearer "}, b"{}"),
            Delivery({"authorization": f"Bearer {SECRET}\nBearer {SECRET}"}, b"{}"),
            Delivery({"authorization": "Bearer \ud800é"}, b"{}"),
            Delivery({}, b"{}", query=f"access_token={SECRET}"),
            # a wrong token is not made good by a right signature
            replace(self.genuine(), headers={**self.genuine().headers, "authorization": "Bearer x"}),
        ):
            with pytest.raises(SignatureInvalid):
                self.verify(delivery, SECRET)

    def read_as(self, body: Any, headers: Mapping[str, str]) -> tuple[Sent, ...]:
        """The events of a body."""
        return self.map(Delivery(headers, encoded(body)), {}).events

    def test_all_modes_say_the_same(self) -> None:
        """Also in the same words to the rest of us: id, time and data."""
        (structured,) = self.read_as(EVENT, STRUCTURED)
        (batched,) = self.read_as([EVENT], BATCH)
        attributes = {f"ce-{name}": value for name, value in EVENT.items() if name != "data"}
        (binary,) = self.read_as(EVENT["data"], {"content-type": "application/json", **attributes})
        assert structured == batched == binary

    def test_an_event_is_the_pair_of_source_and_id(self) -> None:
        """Neither alone; however the two are cut, other pairs are other events."""
        pairs = [
            ("a", "b"),
            ("a", "c"),
            ("b", "b"),
            ("a/b", "c"),
            ("a", "b/c"),
            ("a%2Fb", "c"),
            ("é" * 900, "x"),
        ]
        ids = {self.read_as(EVENT | {"source": s, "id": i}, STRUCTURED)[0].id for s, i in pairs}
        assert len(ids) == len(pairs)

    def test_a_withdrawal_names_the_decline_of_its_own_source(self) -> None:
        """By the id that its sender gave it."""
        (decline,) = self.read_as(EVENT, STRUCTURED)
        taken_back = EVENT | {"id": "w", "type": "decline.withdrawn", "data": {"decline": EVENT["id"]}}
        (withdrawn,) = self.read_as(taken_back, STRUCTURED)
        assert withdrawn.data == DeclineWithdrawn(decline=decline.id)

    def test_attributes_in_headers_are_decoded_once(self) -> None:
        """Quotes taken off, percent signs read a single time, as the binding has it."""
        case = CASES["binary-percent-encoded-and-quoted"]
        (sent,) = self.read_as(case["body"], case["headers"])
        (same,) = self.read_as(
            EVENT | {"source": "/€%25", "id": 'Zürich "1"', "data": case["body"]}, STRUCTURED
        )
        assert sent.id == same.id

    @pytest.mark.parametrize(
        ("event", "pointers"),
        [
            (EVENT | {"specversion": "0.3"}, ["/specversion"]),
            (EVENT | {"id": "", "source": None, "type": "a\nb"}, ["/id", "/source", "/type"]),
            (EVENT | {"time": None}, ["/time"]),
            (EVENT | {"data": None}, ["/data"]),
            (EVENT | {"data": {"person": {"email": "nobody"}}}, ["/data/person/email"]),
            (EVENT | {"data_base64": "e30"}, ["/data_base64"]),
            (EVENT | {"data_base64": 1}, ["/data_base64"]),
        ],
    )
    def test_each_fault_is_told_by_its_place(self, event: Any, pointers: list[str]) -> None:
        """Alone and in a batch, all at once."""
        for body, headers, prefix in ((event, STRUCTURED, ""), ([EVENT, event], BATCH, "/1")):
            with pytest.raises(Invalid) as refused:
                self.read_as(body, headers)
            assert [fault.pointer for fault in refused.value.errors] == [prefix + each for each in pointers]

    def test_a_batch_has_its_bound(self) -> None:
        """As many events as one delivery of any kind may hold."""
        batch = [EVENT | {"id": str(number)} for number in range(MAX_EVENTS)]
        assert len(self.read_as(batch, BATCH)) == MAX_EVENTS
        for body in ([*batch, EVENT], EVENT):
            with pytest.raises(Invalid):
                self.read_as(body, BATCH)

    def test_headers_that_are_no_utf_8_are_refused(self) -> None:
        """They name nothing."""
        case = CASES["binary"]
        with pytest.raises(Invalid):
            self.read_as(case["body"], case["headers"] | {"ce-id": "%FF"})

    @pytest.mark.parametrize(
        ("headers", "allowed"),
        [
            ({"webhook-request-origin": "eventemitter.example.com"}, {}),
            ({"webhook-request-origin": "e.example", "webhook-request-rate": "120"}, {"rate": "120"}),
            ({"webhook-request-origin": "e.example", "webhook-request-rate": "999999"}, {"rate": "30000"}),
            ({"webhook-request-origin": "e.example", "webhook-request-rate": "*"}, {"rate": "30000"}),
            ({"webhook-request-origin": "e.example", "webhook-request-callback": "http://10.0.0.1/"}, {}),
        ],
    )
    def test_a_sender_that_asks_is_allowed(self, headers: dict[str, str], allowed: dict[str, str]) -> None:
        """By the headers that the specification names, with a rate where one was asked for."""
        answer = self.adapter.handshake(Delivery(headers, b"", "OPTIONS"), (SECRET,), self.adapter.CONFIG())
        expected = {"Allow": "POST", "WebHook-Allowed-Origin": headers["webhook-request-origin"]}
        if allowed:
            expected["WebHook-Allowed-Rate"] = allowed["rate"]
        assert answer == Answer(200, expected)

    @pytest.mark.parametrize(
        ("method", "origin"),
        [
            ("GET", "e.example"),
            ("POST", "e.example"),
        ],
    )
    def test_nothing_else_is_a_greeting(self, method: str, origin: str) -> None:
        """Whatever stands in its headers."""
        delivery = Delivery({"webhook-request-origin": origin}, b"", method)
        assert self.adapter.handshake(delivery, (SECRET,), self.adapter.CONFIG()) is None

    @pytest.mark.parametrize("headers", [{}, *({"webhook-request-origin": x} for x in ("", "a\nb", "a, b"))])
    def test_no_origin_is_written_back_that_could_break_the_answer(self, headers: dict[str, str]) -> None:
        """And which was expected is told."""
        with pytest.raises(Invalid, match="WebHook-Request-Origin"):
            self.adapter.handshake(Delivery(headers, b"", "OPTIONS"), (SECRET,), self.adapter.CONFIG())
