"""The kind `standard` keeps what all kinds keep; its own is in test_standard and test_signature."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import pytest

from services.intake.sources import Delivery
from shared.errors import SignatureInvalid
from tests.unit.intake.signing import OTHER_SECRET, SECRET
from tests.unit.intake.sources.contract import AdapterContract, by_the_reference


class TestStandard(AdapterContract):
    kind = "standard"
    secret = SECRET
    other_secret = OTHER_SECRET
    signature = "webhook-signature"
    headers: ClassVar[tuple[str, ...]] = ("webhook-id", "webhook-timestamp")

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """By the reference library."""
        return Delivery({**headers, **by_the_reference(body, secret)}, body)

    def test_a_secret_that_is_no_base64_counts_for_nobody(self) -> None:
        """Nor does it break the verification by the other one."""
        self.verify(self.genuine(), "no base64 \u00e9!", self.secret)
        with pytest.raises(SignatureInvalid):
            self.verify(self.genuine(), "no base64 \u00e9!")

    def test_an_id_that_no_header_can_hold_is_refused(self) -> None:
        """A file of headers that somebody tries may hold anything."""
        genuine = self.genuine()
        with pytest.raises(SignatureInvalid):
            self.verify(replace(genuine, headers={**genuine.headers, "webhook-id": "\u2603"}), self.secret)

    def test_an_id_that_a_delivery_has_is_told(self) -> None:
        """The same for each try."""
        assert self.delivery_id(self.genuine()) == "msg_1"
