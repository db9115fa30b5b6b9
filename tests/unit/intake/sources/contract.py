"""What every kind of source keeps to; a kind's own tests inherit it and say how its platform signs."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.sources import SOURCES, Adapter, Answer, Delivery, Mapped, Sent, folded
from services.intake.sources.config import Config
from services.intake.trial import tried
from shared.checked import checked
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, InteractionRecorded, content_digest
from shared.reasons import Reading
from tests.unit.intake.signing import signed
from tests.unit.intake.sources.deliveries import (
    NOW,
    body_of,
    changed,
    encoded,
    json_values,
    newer,
    places,
    stored,
    told,
)

FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.differing_executors], deadline=None)


def bare_hex(body: bytes, secret: str) -> str:
    """HMAC-SHA256 over the body, in hexadecimal and nothing else."""
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def by_the_reference(body: bytes, secret: str) -> dict[str, str]:
    """The headers of Standard Webhooks, by their reference library; it takes no empty secret as it is."""
    return signed(body, NOW, secret=secret or "whsec_" + b64encode(b"").decode())


def declines(mapped: Mapped) -> dict[str, DeclineReceived]:
    """The declines of a delivery, by their ids."""
    return {one.id: one.data for one in mapped.events if isinstance(one.data, DeclineReceived)}


def digest(data: DeclineReceived) -> str:
    """What tells a repeat from a conflict."""
    return content_digest(data.kind, NOW, data)


class AdapterContract:
    """Inherit, name the kind, and say how its platform signs."""

    kind: ClassVar[str]
    secret: ClassVar[str] = "a secret of the platform"
    other_secret: ClassVar[str] = "another secret"
    config: ClassVar[dict[str, Any]] = {}
    #: The header that holds the signature, and those that an attacker would try to write.
    signature: ClassVar[str]
    headers: ClassVar[tuple[str, ...]] = ()
    #: Whether another body needs another signature, and whether a signature grows old.
    covers_body: ClassVar[bool] = True
    grows_old: ClassVar[bool] = True

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """The delivery as the platform sends it at NOW."""
        raise NotImplementedError

    def spoiled(self, delivery: Delivery) -> dict[str, Delivery]:
        """Ways to forge this delivery that every scheme refuses."""
        value = delivery.headers[self.signature]

        def given_as(text: str) -> Delivery:
            return replace(delivery, headers={**delivery.headers, self.signature: text})

        without = {name: text for name, text in delivery.headers.items() if name != self.signature}
        twice = [*delivery.headers.items(), (self.signature.title(), value)]
        return {
            "missing": replace(delivery, headers=without),
            "empty": given_as(""),
            "truncated": given_as(value[:-4]),
            "cut to nothing": given_as(value[: len(value) // 4]),
            "longer": given_as(value + "00"),
            "another": given_as(value[:-6] + "".join("a" if c != "a" else "b" for c in value[-6:])),
            "twice in one line": given_as(f"{value}, {value}"),
            "twice": replace(delivery, headers=folded(twice)),
            "not ASCII": given_as(value[:-2] + "\u0661\u0662"),
            "reversed": given_as(value[::-1]),
        }

    @property
    def adapter(self) -> Adapter[Any]:
        return SOURCES[self.kind]

    def genuine(self, secret: str | None = None) -> Delivery:
        """Some delivery of the stored ones."""
        case = next(iter(stored(self.kind).values()))
        return self.signed(body_of(case), secret or self.secret, case.get("headers", {}))

    def verify(self, delivery: Delivery, *secrets: str, at: datetime = NOW) -> None:
        """Raises SignatureInvalid unless it is genuine."""
        config: Config = checked(self.adapter.CONFIG, self.config)
        self.adapter.verify(delivery, secrets, config, now=at, tolerance_s=300)

    def delivery_id(self, delivery: Delivery) -> str | None:
        """What names the delivery."""
        config: Config = checked(self.adapter.CONFIG, self.config)
        return self.adapter.delivery_id(delivery, config)

    def map(self, delivery: Delivery, config: Mapping[str, Any] | None = None) -> Mapped:
        """What the delivery holds."""
        read: Config = checked(self.adapter.CONFIG, self.config if config is None else config)
        return self.adapter.map_events(delivery, read)

    def read(self, body: Any, **config: Any) -> tuple[Sent, ...]:
        """The events of a body."""
        return self.map(Delivery({}, encoded(body)), config).events

    def test_each_stored_delivery_is_read_as_is_written_beside_it(self) -> None:
        """And is genuine; a newer payload, with members that nobody knows yet, says the same."""
        cases = stored(self.kind)
        assert cases
        for name, case in cases.items():
            for body in (body_of(case), *([encoded(newer(case["body"]))] if "body" in case else [])):
                delivery = self.signed(body, self.secret, case.get("headers", {}))
                config = {**self.config, **case.get("config", {})}
                answer = tried(self.kind, delivery, (self.secret,), config, NOW)
                assert answer["verified"] is True, name
                assert told({key: answer[key] for key in ("events", "ignored")}) == case["expected"], name

    def test_a_map_of_reasons_changes_how_a_no_is_read_and_not_what_was_sent(self) -> None:
        """So that a delivery which comes again under another map is a repeat, and no conflict."""
        for case in stored(self.kind).values():
            delivery = self.signed(body_of(case), self.secret, case.get("headers", {}))
            config = {**self.config, **case.get("config", {}), "reasons": {}}
            for sent_id, data in declines(self.map(delivery, config)).items():
                reading = data.reading or Reading(told=data.who)
                for side in ("candidate", "company") if reading.reasons else ():
                    by = {"reasons": {reason.name: side for reason in reading.reasons}}
                    other = declines(self.map(delivery, config | by))[sent_id]
                    assert other.who == (side if reading.told in {"unknown", side} else "unknown")
                    assert digest(other) == digest(data)

    def test_current_and_previous_secret_both_count(self) -> None:
        """So that a rotation loses nothing; and no other does, nor none."""
        for secret in (self.secret, self.other_secret):
            self.verify(self.genuine(secret), self.secret, self.other_secret)
        for secrets in ((self.other_secret,), (), ("",)):
            with pytest.raises(SignatureInvalid) as refused:
                self.verify(self.genuine(), *secrets)
            assert self.secret not in str(refused.value)
        with pytest.raises(SignatureInvalid):
            self.verify(self.genuine(""), "")

    def test_a_spoiled_signature_is_refused(self) -> None:
        """Missing, truncated, repeated, or another."""
        genuine = self.genuine()
        self.verify(genuine, self.secret)
        spoiled = self.spoiled(genuine)
        assert [name for name, delivery in spoiled.items() if self.is_taken(delivery)] == []

    def is_taken(self, delivery: Delivery) -> bool:
        """Whether it is taken for genuine."""
        try:
            self.verify(delivery, self.secret)
        except SignatureInvalid:
            return False
        return True

    def test_a_changed_body_is_refused(self) -> None:
        """By whoever signs it; each kind whose platform does not says so."""
        genuine = self.genuine()
        other = replace(genuine, body=genuine.body.replace(b'"', b' "', 1))
        assert other.body != genuine.body
        if not self.covers_body:
            self.verify(other, self.secret)
            return
        with pytest.raises(SignatureInvalid):
            self.verify(other, self.secret)

    def test_an_old_signature_is_refused(self) -> None:
        """And one from the future; each kind whose platform signs no time says so."""
        for off_s in (-301, 301, 86_400, -86_400):
            at = datetime.fromtimestamp(NOW.timestamp() + off_s, UTC)
            if not self.grows_old:
                self.verify(self.genuine(), self.secret, at=at)
                continue
            with pytest.raises(SignatureInvalid):
                self.verify(self.genuine(), self.secret, at=at)

    @FUZZ
    @given(st.data())
    def test_no_stranger_breaks_the_verification(self, data: st.DataObject) -> None:
        """Whatever headers and body: refused, and nothing else happens."""
        names = (self.signature, *self.headers, "content-type")
        given_headers = data.draw(
            st.dictionaries(st.sampled_from(names), st.text("\x00\xff=,:;v1 \n9aF\u0661"))
        )
        body = data.draw(st.binary(max_size=50) | json_values.map(encoded))
        with pytest.raises(SignatureInvalid):
            self.verify(Delivery(given_headers, body), self.secret)
        self.delivery_id(Delivery(given_headers, body))

    @FUZZ
    @given(json_values)
    def test_any_json_gives_events_or_its_faults(self, value: Any) -> None:
        """And no other exception."""
        self.check_map(self.signed(encoded(value), self.secret, {}))

    @FUZZ
    @given(st.binary(max_size=200))
    def test_any_bytes_give_events_or_their_faults(self, body: bytes) -> None:
        """A body is a stranger's until it is read."""
        self.check_map(Delivery(self.genuine().headers, body))

    @settings(FUZZ, max_examples=200)
    @given(st.data())
    def test_a_stored_delivery_with_anything_anywhere_gives_events_or_its_faults(
        self, data: st.DataObject
    ) -> None:
        """Each place of each stored delivery may hold what nobody expects there."""
        case = data.draw(st.sampled_from([case for case in stored(self.kind).values() if "body" in case]))
        path = data.draw(st.sampled_from(list(places(case["body"]))))
        odd: st.SearchStrategy[Any] = st.sampled_from(
            [None, "", " ", 2**64, -1, 1e300, "\x00", "x" * 5000, "../..?a=b#c", [[]], {"": {}}]
        )
        body = changed(case["body"], path, data.draw(odd | json_values))
        config = {**self.config, **case.get("config", {})}
        self.check_map(self.signed(encoded(body), self.secret, case.get("headers", {})), config)

    def check_map(self, delivery: Delivery, config: Mapping[str, Any] | None = None) -> None:
        """It is read, the same each time and as our contract has it, or its faults are told."""
        try:
            mapped, faults = self.map(delivery, config), []
        except Invalid as error:
            mapped, faults = Mapped(), error.errors
        assert all(not fault.pointer or fault.pointer.startswith("/") for fault in faults)
        if faults:
            return
        assert mapped == self.map(delivery, config)
        for sent in mapped.events:
            assert 1 <= len(sent.id) <= 200
            assert sent.time is not None or not isinstance(sent.data, DeclineReceived | InteractionRecorded)

    @FUZZ
    @given(
        st.sampled_from(["GET", "OPTIONS", "POST", "HEAD"]),
        st.text(max_size=100),
        st.dictionaries(st.text(max_size=20), st.text(max_size=20)),
        st.binary(max_size=50) | json_values.map(encoded),
    )
    def test_no_stranger_breaks_the_greeting(
        self, method: str, query: str, headers: dict[str, str], body: bytes
    ) -> None:
        """It is answered or not, or its fault is told; an answer is one that HTTP can carry."""
        delivery = Delivery(headers, body, method, query)
        with suppress(Invalid):
            answer = self.adapter.handshake(delivery, (self.secret,), self.adapter.CONFIG())
            assert answer is None or isinstance(answer, Answer)

    def test_a_genuine_delivery_is_no_greeting(self) -> None:
        """Or its events would be lost."""
        for case in stored(self.kind).values():
            delivery = self.signed(body_of(case), self.secret, case.get("headers", {}))
            assert self.adapter.handshake(delivery, (self.secret,), self.adapter.CONFIG()) is None
