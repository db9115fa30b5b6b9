"""The kind `standard` keeps what all kinds keep; its own is in test_standard and test_signature."""

from base64 import b64encode
from collections.abc import Mapping
from typing import ClassVar

from services.intake.sources import Delivery
from tests.unit.intake.signing import OTHER_SECRET, SECRET, signed
from tests.unit.intake.sources.contract import NOW, AdapterContract


class TestStandard(AdapterContract):
    kind = "standard"
    secret = SECRET
    other_secret = OTHER_SECRET
    signature = "webhook-signature"
    headers: ClassVar[tuple[str, ...]] = ("webhook-id", "webhook-timestamp")

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """By the reference library."""
        usable = secret or "whsec_" + b64encode(b"").decode()
        return Delivery({**headers, **signed(body, NOW, secret=usable)}, body)

    def test_an_id_that_a_delivery_has_is_told(self) -> None:
        """The same for each try."""
        assert self.adapter.delivery_id(self.genuine()) == "msg_1"
