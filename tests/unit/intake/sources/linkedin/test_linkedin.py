"""LinkedIn: a challenge that must not become a machine for signatures, and events that say no no."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

import pytest

from services.intake.sources import Answer, Delivery
from shared.errors import Invalid, SignatureInvalid
from tests.unit.intake.sources.contract import AdapterContract
from tests.unit.intake.sources.deliveries import encoded, stored

CASES = stored("linkedin")
CODE = "890e4665-4dfe-4ab1-b689-ed553bceeed0"


class TestLinkedin(AdapterContract):
    kind = "linkedin"
    signature = "x-li-signature"
    grows_old = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As its documentation says: the prefix is in what is signed, and not in the header."""
        digest = hmac.new(secret.encode(), b"hmacsha256=" + body, "sha256").hexdigest()
        return Delivery({**headers, self.signature: digest}, body)

    def test_a_known_signature(self) -> None:
        """Computed by openssl, and not by us; with the prefix in the header, as some have it, too."""
        body = b'{"event_type":"candidate_moved","data":{}}'
        digest = "841ab669944dcfa2c0557c8ca4ec2f86360d8422704838d0c294f5e015d38956"
        for text in (digest, f"hmacsha256={digest}"):
            self.verify(Delivery({self.signature: text}, body), "s3cret")

    def test_the_body_alone_is_not_what_is_signed(self) -> None:
        """Nor is there another prefix, or the same one twice."""
        genuine = self.genuine()
        digest = hmac.new(self.secret.encode(), genuine.body, "sha256").hexdigest()
        for text in (digest, f"hmacsha256=hmacsha256={genuine.headers[self.signature]}"):
            with pytest.raises(SignatureInvalid):
                self.verify(replace(genuine, headers={self.signature: text}), self.secret)

    def greeted(self, query: str, *secrets: str, method: str = "GET") -> Answer | None:
        """How a challenge is answered."""
        return self.adapter.handshake(Delivery({}, b"", method, query), secrets, self.adapter.CONFIG())

    @pytest.mark.parametrize("query", [f"challengeCode={CODE}", f"applicationId=7&challengeCode={CODE}"])
    def test_the_challenge_is_signed_by_the_current_secret(self, query: str) -> None:
        """And answered as JSON; the digest is from openssl."""
        answer = self.greeted(query, "s3cret", "the previous one")
        assert answer is not None
        assert (answer.status, answer.headers) == (200, {"Content-Type": "application/json"})
        assert json.loads(answer.body) == {
            "challengeCode": CODE,
            "challengeResponse": "282e84d6c3fe9e152bf838a2c9ac5fabeace9e4bcc5a62d3eb0925f22f514d62",
        }

    def test_no_event_can_be_had_signed_by_a_challenge(self) -> None:
        """What is signed for a stranger would be a genuine delivery of the stranger's own making."""
        body = '{"type":"x"}'
        with pytest.raises(Invalid):
            self.greeted(f"challengeCode={quote('hmacsha256=' + body)}", self.secret)

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "challengeCode=",
            f"challengecode={CODE}",
            f"challengeCode={CODE[:-1]}",
            f"challengeCode={CODE}0",
            f"challengeCode={CODE}%0A",
            f"challengeCode=%20{CODE}",
            f"challengeCode={CODE.replace('-', '')}",
            f"challengeCode={{{CODE}}}",
            f"challengeCode={CODE.replace('-4ab1', '-1ab1')}",
            f"challengeCode={CODE.replace('-b689', '-c689')}",
            f"challengeCode={CODE.replace('8', quote(chr(0x0668)))}",
            f"challengeCode={CODE}&challengeCode={CODE}",
        ],
    )
    def test_only_one_random_uuid_is_a_challenge(self, query: str) -> None:
        """Of the fourth version, as documented, and not a letter more."""
        with pytest.raises(Invalid, match="challengeCode in the query: a UUID of version 4"):
            self.greeted(query, self.secret)

    def test_a_challenge_comes_by_get_and_needs_a_secret(self) -> None:
        """A delivery with a challenge behind its address is a delivery."""
        query = f"challengeCode={CODE}"
        for method in ("POST", "HEAD", "OPTIONS"):
            assert self.greeted(query, self.secret, method=method) is None
        with pytest.raises(Invalid, match="a secret is expected"):
            self.greeted(query)

    def test_no_event_is_taken_for_a_no(self) -> None:
        """Whatever it calls itself."""
        for case in CASES.values():
            mapped = self.map(Delivery({}, encoded(case["body"])))
            assert (mapped.events, len(mapped.ignored)) == ((), 1)

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":1,"a":2}'])
    def test_what_is_no_json_object_is_told(self, body: bytes) -> None:
        """It is not LinkedIn's."""
        with pytest.raises(Invalid):
            self.map(Delivery({}, body))

    def test_the_id_of_a_push_names_the_delivery(self) -> None:
        """Where there is one."""
        ids = {name: self.delivery_id(Delivery({}, encoded(case["body"]))) for name, case in CASES.items()}
        assert ids["a-candidate-exported"] == "5d0f9bd5-0b7c-4b5f-8f0e-3a7d6b0a7b11"
        assert ids["a-social-action"] is None
        assert self.delivery_id(Delivery({}, b"[]")) is None
