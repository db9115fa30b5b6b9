"""Lever: a signature that leaves the body out, and reasons that only the customer can read."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.intake.sources import Delivery
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn
from tests.unit.intake.sources.contract import AdapterContract
from tests.unit.intake.sources.deliveries import NOW, changed, encoded, stored

CASES = stored("lever")
TOKEN = "t" * 47 + "9"
AT_MS = int(NOW.timestamp() * 1000)


class TestLever(AdapterContract):
    kind = "lever"
    secret = "token-of-the-archive-hook"
    other_secret = "token-of-another-hook"
    signature = "signature"
    covers_body = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As its documentation says: in the body, over the token and the time."""
        try:
            value = json.loads(body)
        except ValueError:
            return Delivery(headers, body)
        if not isinstance(value, dict):
            return Delivery(headers, body)
        at_ms = AT_MS
        digest = hmac.new(secret.encode(), f"{TOKEN}{at_ms}".encode(), "sha256").hexdigest()
        return Delivery(
            headers, encoded({**value, "token": TOKEN, "triggeredAt": at_ms, "signature": digest})
        )

    def spoiled(self, delivery: Delivery) -> dict[str, Delivery]:
        """Its parts are members of the body."""
        value = json.loads(delivery.body)
        digest = value["signature"]
        bodies: dict[str, Any] = {
            "missing": {name: item for name, item in value.items() if name != "signature"},
            "empty": value | {"signature": ""},
            "truncated": value | {"signature": digest[:-2]},
            "longer": value | {"signature": digest + "00"},
            "a list": value | {"signature": [digest, digest]},
            "another": value | {"signature": digest[::-1]},
            "no token": {name: item for name, item in value.items() if name != "token"},
            "another token": value | {"token": "u" * 48},
            "another time": value | {"triggeredAt": AT_MS + 1},
            "the time as text": value | {"triggeredAt": str(AT_MS)},
            "a time that is true": value | {"triggeredAt": True},
            "a time without end": value | {"triggeredAt": 10**400},
            # what is joined by nothing reads the same parted elsewhere
            "parted to the left": value | {"token": TOKEN[:-1], "triggeredAt": int(f"9{AT_MS}")},
            "parted to the right": value
            | {"token": f"{TOKEN}{str(AT_MS)[:2]}", "triggeredAt": int(str(AT_MS)[2:])},
            "not an object": [value],
        }
        spoiled = {name: replace(delivery, body=encoded(body)) for name, body in bodies.items()}
        twice = delivery.body.replace(b'{"', b'{"signature": "' + b"0" * 64 + b'", "', 1)
        return spoiled | {"twice": replace(delivery, body=twice)}

    def test_one_of_the_tokens_of_several_hooks_is_enough(self) -> None:
        """Each type of event has its own, and one source takes them all."""
        self.verify(self.genuine(), f"{self.other_secret} {self.secret}")
        with pytest.raises(SignatureInvalid):
            self.verify(self.genuine(), f"{self.other_secret}{self.secret}", " ")

    def test_a_retry_may_be_as_late_as_the_operator_says(self) -> None:
        """And no later; from the future it is as before."""
        body = changed(CASES["archived"]["body"], (), CASES["archived"]["body"])
        delivery = self.signed(encoded(body), self.secret, {})
        config = self.adapter.CONFIG(max_age_s=3600)
        for late_s, taken in ((3600, True), (3601, False), (-301, False)):
            at = NOW.fromtimestamp(NOW.timestamp() + late_s, NOW.tzinfo)
            try:
                self.adapter.verify(delivery, [self.secret], config, now=at, tolerance_s=300)
            except SignatureInvalid:
                assert not taken, late_s
            else:
                assert taken, late_s

    def test_an_unarchive_takes_back_the_archiving(self) -> None:
        """Which is the same event whenever it is told, and names its opportunity."""
        (decline,) = self.read(CASES["archived"]["body"])
        (again,) = self.read(changed(CASES["archived"]["body"], ("id",), "another delivery"))
        assert decline == again
        assert isinstance(decline.data, DeclineReceived)
        assert decline.data.application == "o-1"
        for name in ("unarchived", "unarchived-as-another-reading-has-it"):
            (withdrawn,) = self.read(CASES[name]["body"])
            assert withdrawn.data == DeclineWithdrawn(decline=decline.id)

    def test_the_token_names_the_delivery(self) -> None:
        """It is drawn anew for each."""
        assert self.delivery_id(self.genuine()) == TOKEN
        assert self.delivery_id(Delivery({}, b"[]")) is None

    @pytest.mark.parametrize(
        ("path", "value", "pointer"),
        [
            (("event",), 1, "/event"),
            (("data",), {"toArchived": None}, "/data/opportunityId"),
            (("data",), {"opportunityId": "o-1"}, "/data/toArchived"),
            (("data", "toArchived"), "3b2f", "/data/toArchived"),
            (("data",), None, "/data/opportunityId"),
        ],
    )
    def test_what_cannot_be_understood_is_told(self, path: tuple[str, ...], value: Any, pointer: str) -> None:
        """An archiving that is not there is not taken for its end."""
        with pytest.raises(Invalid) as refused:
            self.read(changed(CASES["archived"]["body"], path, value))
        assert [fault.pointer for fault in refused.value.errors] == [pointer]
