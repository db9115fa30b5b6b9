"""Any JSON, as its operator describes it: the scheme of the signature, and the place of each field."""

import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from services.intake.sources import Delivery
from services.intake.sources.generic import CONFIG, MAX_EVENTS
from shared.checked import checked
from shared.errors import Invalid, SignatureInvalid
from shared.events import DeclineReceived, DeclineWithdrawn, PersonChanged, Recruiter
from tests.unit.intake.sources.contract import AdapterContract, bare_hex, declines
from tests.unit.intake.sources.deliveries import NOW, encoded, stored

CASES = stored("generic")
MAPPED = CASES["a-candidate-withdrew"]["config"]
PROFILE = "https://www.linkedin.com/in/ada-example"
AT = str(int(NOW.timestamp()))


class TestGeneric(AdapterContract):
    """As most write it: a prefix and hexadecimal, over the body."""

    kind = "generic"
    signature = "x-hub-signature-256"
    config: ClassVar[dict[str, Any]] = {"signature": {"header": "X-Hub-Signature-256", "prefix": "sha256="}}
    grows_old = False

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As configured."""
        return Delivery({**headers, self.signature: f"sha256={bare_hex(body, secret)}"}, body)

    def test_a_delivery_has_no_name_where_none_is_configured(self) -> None:
        """Whatever its headers hold."""
        assert self.delivery_id(Delivery({"x-id": "d-1", "": "d-2"}, b"{}")) is None

    def test_other_algorithms_are_refused(self) -> None:
        """What the header says of itself is the configured prefix or nothing."""
        genuine = self.genuine()
        digest = genuine.headers[self.signature].removeprefix("sha256=")
        for value in (
            digest,
            f"sha1={digest}",
            f"SHA256={digest}",
            f"sha256=sha256={digest}",
            f"sha256= {digest}",
        ):
            with pytest.raises(SignatureInvalid):
                self.verify(replace(genuine, headers={self.signature: value}), self.secret)

    def test_a_withdrawal_names_the_decline_by_the_mapping(self) -> None:
        """The operator writes the expression, and the id is the one that the decline got."""
        (decline,) = self.map(self.case("a-candidate-withdrew"), MAPPED).events
        (withdrawn,) = self.map(self.case("restored"), MAPPED).events
        assert withdrawn.data == DeclineWithdrawn(decline=decline.id)

    def test_the_team_of_the_recruiter_is_read_where_the_mapping_says(self) -> None:
        """Also where it is all that is told of who wrote."""
        delivery = self.case("a-candidate-withdrew")
        only = {"map": {**MAPPED["map"], "recruiter": {"team": "owner.group"}}}
        told = [*declines(self.map(delivery, MAPPED)).values()]
        told += declines(self.map(delivery, {**MAPPED, **only})).values()
        assert [data.recruiter for data in told] == [
            Recruiter(name="Bob", email="bob@acme.example", external_id="u1", team="Talent EU"),
            Recruiter(team="Talent EU"),
        ]

    def test_one_profile_or_former_id_may_stand_alone(self) -> None:
        """As text where others have a list; what is neither text nor list is none."""
        body = {"id": "x", "type": "person.changed", "person": {"external_id": "1", "profile_urls": PROFILE}}
        (sent,) = self.read(body | {"formerly": "2"})
        assert isinstance(sent.data, PersonChanged)
        assert sent.data.person.profile_urls == (PROFILE,)
        assert sent.data.formerly == ("2",)
        (without,) = self.read(body | {"formerly": ""})
        assert isinstance(without.data, PersonChanged)
        assert without.data.formerly == ()

    def test_a_number_is_joined_and_a_missing_id_told_by_its_expression(self) -> None:
        """Whoever wrote the mapping sees what found nothing."""
        body = CASES["our-own-form-without-a-mapping"]["body"]
        config = {"map": {"id": "join('-', [type, ref])"}}
        (sent,) = self.map(Delivery({}, encoded(body | {"ref": 7})), config).events
        assert sent.id == f"{body['type']}-7"
        with pytest.raises(Invalid, match=r"^/0/id: an id is expected, and .*type, ref.* finds none"):
            self.map(Delivery({}, encoded(body | {"ref": None})), config)

    def case(self, name: str) -> Delivery:
        """A stored delivery."""
        return Delivery({}, encoded(CASES[name]["body"]))

    def test_each_fault_is_told_by_the_number_of_the_item(self) -> None:
        """All of them at once, and no event of the delivery is taken."""
        item = CASES["a-candidate-withdrew"]["body"]["payload"]["changes"][0]
        items = [
            item,
            item | {"ref": None, "kind": "applicant.rejected"},
            item | {"at": "today"},
            item | {"who": {}},
        ]
        config = MAPPED | {"map": MAPPED["map"] | {"id": "ref"}}
        with pytest.raises(Invalid) as refused:
            self.map(Delivery({}, encoded({"payload": {"changes": items}})), config)
        assert [fault.pointer for fault in refused.value.errors] == ["/1/id", "/2/time", "/3/person"]

    @pytest.mark.parametrize("sent_id", [None, "", {}, "x" * 300])
    def test_a_stop_does_not_fall_with_its_id(self, sent_id: Any) -> None:
        """It goes by what it says: told again it is the same. A decline needs its id."""
        item = {"id": sent_id, "type": "opt_out.received", "person": {"email": "ada@example.com"}}
        other = item | {"person": {"email": "bob@example.com"}}
        (one,), (again,), (another,) = (self.read([each]) for each in (item, item, other))
        assert one == again
        assert one.id != another.id
        with pytest.raises(Invalid) as refused:
            self.read([item | {"type": "decline.received", "timestamp": "2026-05-04T09:12:00Z"}])
        assert [fault.pointer for fault in refused.value.errors] == ["/0/id"]

    def test_a_stop_does_not_fall_with_its_neighbour(self) -> None:
        """Wherever it stands; each fault beside it is told."""
        item = CASES["our-own-form-without-a-mapping"]["body"]
        stop = item | {"id": "s", "type": "opt_out.received"}
        odd = item | {"timestamp": "today"}
        for items in ([stop, odd, odd], [odd, stop, odd]):
            mapped = self.map(Delivery({}, encoded(items)), {})
            assert [sent.id for sent in mapped.events] == ["s"]
            assert ["/time" in left.why for left in mapped.ignored] == [True, True]

    def test_a_delivery_has_its_bound(self) -> None:
        """As many events as one delivery of any kind may hold."""
        items = [{"type": "pondered"}] * MAX_EVENTS
        assert len(self.map(Delivery({}, encoded(items)), {}).ignored) == MAX_EVENTS
        with pytest.raises(Invalid):
            self.map(Delivery({}, encoded([*items, {}])), {})

    @pytest.mark.parametrize(
        "at", [1777885920, 1777885920000, "1777885920", 1777885920.0, "2026-05-04T09:12:00Z"]
    )
    def test_a_time_is_read_in_every_usual_form(self, at: Any) -> None:
        """Seconds, milliseconds, text."""
        body = CASES["our-own-form-without-a-mapping"]["body"] | {"timestamp": at}
        (sent,) = self.map(Delivery({}, encoded(body)), {}).events
        assert sent.time == NOW.replace(second=0)

    @pytest.mark.parametrize("at", [True, None, "", "yesterday", 1e300, -(2**70), [1777885920], "2026-05-04"])
    def test_a_decline_without_a_time_is_refused(self, at: Any) -> None:
        """Nobody could tell whether it is long past."""
        body = CASES["our-own-form-without-a-mapping"]["body"] | {"timestamp": at}
        with pytest.raises(Invalid) as refused:
            self.map(Delivery({}, encoded(body)), {})
        assert [fault.pointer for fault in refused.value.errors] == ["/0/time"]

    def test_a_stage_of_another_name_is_none(self) -> None:
        """It is no reason to refuse a no."""
        body = CASES["our-own-form-without-a-mapping"]["body"] | {"stage": "Coffee with the team"}
        (sent,) = self.map(Delivery({}, encoded(body)), {}).events
        assert isinstance(sent.data, DeclineReceived)
        assert sent.data.stage is None

    def test_a_number_without_end_is_no_time(self) -> None:
        """An expression can make one of a text."""
        body = CASES["our-own-form-without-a-mapping"]["body"] | {"timestamp": "1e999"}
        with pytest.raises(Invalid):
            self.map(Delivery({}, encoded(body)), {"map": {"time": "to_number(timestamp)"}})


class TestGenericWithTime(AdapterContract):
    """As the careful write it: a time and an id signed too, in base64, with a key that is no text."""

    kind = "generic"
    secret = b64encode(b"k" * 32).decode()
    other_secret = b64encode(b"l" * 32).decode()
    signature = "x-sig"
    headers: ClassVar[tuple[str, ...]] = ("x-at", "x-id")
    config: ClassVar[dict[str, Any]] = {
        "signature": {
            "header": "X-Sig",
            "algorithm": "sha512",
            "encoding": "base64",
            "key": "base64",
            "signed": "v0:{timestamp}:{id}:{body}",
            "timestamp_header": "X-At",
            "id_header": "X-Id",
        }
    }

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """As configured."""
        key = {self.secret: b"k" * 32, self.other_secret: b"l" * 32}.get(secret, b"")
        digest = hmac.new(key, f"v0:{AT}:d-1:".encode() + body, "sha512").digest()
        return Delivery({**headers, "x-at": AT, "x-id": "d-1", "x-sig": b64encode(digest).decode()}, body)

    def test_the_configured_header_names_the_delivery(self) -> None:
        """Where it is there."""
        assert self.delivery_id(self.genuine()) == "d-1"
        assert self.delivery_id(Delivery({}, b"{}")) is None

    def test_both_alphabets_and_no_padding_are_the_same_digest(self) -> None:
        """Senders differ in that, and in nothing that matters."""
        genuine = self.genuine()
        body_digest = hmac.new(b"k" * 32, f"v0:{AT}:d-1:".encode() + genuine.body, "sha512").digest()
        unpadded = urlsafe_b64encode(body_digest).decode().rstrip("=")
        self.verify(replace(genuine, headers={**genuine.headers, "x-sig": unpadded}), self.secret)

    @pytest.mark.parametrize(
        "changed", [{"x-at": str(int(AT) + 1)}, {"x-id": "d-2"}, {"x-at": ""}, {"x-at": "-1"}]
    )
    def test_what_is_signed_beside_the_body_counts(self, changed: dict[str, str]) -> None:
        """Time and id cannot be exchanged."""
        genuine = self.genuine()
        with pytest.raises(SignatureInvalid):
            self.verify(replace(genuine, headers={**genuine.headers, **changed}), self.secret)

    def test_a_time_in_milliseconds_is_as_old(self) -> None:
        """Where the configuration says so."""
        scheme = self.config["signature"] | {"timestamp_unit": "ms"}
        config = checked(CONFIG, {"signature": scheme})
        digest = hmac.new(b"k" * 32, f"v0:{AT}000:d-1:{{}}".encode(), "sha512").digest()
        headers = {"x-at": f"{AT}000", "x-id": "d-1", "x-sig": b64encode(digest).decode()}
        self.adapter.verify(Delivery(headers, b"{}"), [self.secret], config, now=NOW, tolerance_s=300)

    def test_a_secret_that_is_not_written_as_agreed_counts_for_nobody(self) -> None:
        """Rather than as the key that is left when it cannot be read."""
        with pytest.raises(SignatureInvalid):
            self.verify(self.signed(b"{}", "", {}), "no base64!")


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        ({"signature": {"header": "X Sig"}}, "/signature/header"),
        ({"signature": {"algorithm": "md5"}}, "/signature/algorithm"),
        ({"signature": {"signed": "{timestamp}"}}, "/signature/signed"),
        ({"signature": {"signed": "{body}{body}"}}, "/signature/signed"),
        ({"signature": {"signed": "{body}{url}"}}, "/signature/signed"),
        ({"signature": {"signed": "{timestamp}.{body}"}}, "/signature"),
        ({"signature": {"timestamp_header": "x-at"}}, "/signature"),
        ({"signature": {"signed": "{id}.{body}"}}, "/signature"),
        ({"types": {"x": "followup.sent"}}, "/types/x"),
        ({"map": {"id": "a["}}, "/map/id"),
        ({"map": {"person": {"email": "x || "}}}, "/map/person/email"),
        ({"map": {"emial": "x"}}, "/map/emial"),
        ({"reasons": {"Withdrew": "nobody"}}, "/reasons/Withdrew"),
        ({"reasons": {"Withdrew": "candidate", "WITHDREW ": "company"}}, "/reasons"),
        ({"example": {"type": "pondered"}}, ""),
        ({"example": {"type": "decline.received", "id": "1", "person": {"email": "a@b.example"}}}, ""),
        ({"unknown": 1}, "/unknown"),
    ],
)
def test_a_slip_in_the_configuration_is_told_by_its_place(config: dict[str, Any], pointer: str) -> None:
    """Before any delivery comes; a mapping that finds nothing in its own example is one."""
    with pytest.raises(Invalid) as refused:
        checked(CONFIG, config)
    assert [fault.pointer for fault in refused.value.errors] == [pointer]


def test_a_mapping_that_reads_its_example_is_taken() -> None:
    """So that an operator sees it work before anything is sent."""
    body = CASES["a-candidate-withdrew"]["body"]
    assert checked(CONFIG, MAPPED | {"example": body}).example == body
