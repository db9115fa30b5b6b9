"""The kind `email`: what a stranger's mail may tell of, and what nobody may say by it."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.intake.sources import Delivery
from services.intake.sources.email import CONFIG, MEDIA_TYPES
from services.intake.trial import tried
from shared.checked import checked
from shared.errors import Invalid
from shared.events import MAX_TEXT, BounceReceived, ComplaintReceived, InteractionRecorded, OptOutReceived
from tests.unit.intake.signing import OTHER_SECRET, SECRET
from tests.unit.intake.sources.contract import FUZZ, AdapterContract, by_the_reference
from tests.unit.intake.sources.deliveries import NOW, body_of, stored, told

CASES = stored("email")
CASE = "case_" + "ab2c" * 8
ANOTHER = "case_" + "b" * 32
#: What may stand before an address: nothing, a name in quotes, an encoded one.
NAMES = (
    st.just("")
    | st.text(st.characters(exclude_characters='"\\\r\n', exclude_categories=["Cs", "Cc"]), max_size=240).map(
        lambda name: f'"{name}" '
    )
    | st.binary(max_size=60).map(lambda name: f"=?utf-8?b?{b64encode(name).decode()}?= ")
)


class TestEmail(AdapterContract):
    kind = "email"
    secret = SECRET
    other_secret = OTHER_SECRET
    signature = "webhook-signature"
    headers: ClassVar[tuple[str, ...]] = ("webhook-id", "webhook-timestamp")

    def signed(self, body: bytes, secret: str, headers: Mapping[str, str]) -> Delivery:
        """By the reference library."""
        of_mail = {"content-type": "message/rfc822", **headers}
        return Delivery({**by_the_reference(body, secret), **of_mail}, body)

    @settings(FUZZ, max_examples=200)
    @given(st.data())
    def test_a_stored_delivery_with_anything_anywhere_gives_events_or_its_faults(
        self, data: st.DataObject
    ) -> None:
        """Each line of each stored mail may be another, or hold what nobody expects there."""
        case = data.draw(st.sampled_from(list(CASES.values())))
        lines = body_of(case).split(b"\r\n")
        place = data.draw(st.integers(0, len(lines) - 1))
        name = lines[place].partition(b":")[0]
        odd = data.draw(
            st.sampled_from([b"", b"\x00", b"(" * 900, b"<" * 900, b'"' * 900, b"=?x?q?" * 99, b"\xff" * 9])
            | st.binary(max_size=60)
        )
        lines[place] = data.draw(st.sampled_from([odd, name + b": " + odd, lines[place] + odd]))
        body = data.draw(st.sampled_from([b"\r\n", b"\n", b"\r"])).join(lines)
        self.check_map(Delivery({"content-type": "message/rfc822"}, body), case.get("config", {}))

    def test_an_id_that_a_delivery_has_is_told(self) -> None:
        """The same for each try."""
        assert self.delivery_id(self.genuine()) == "msg_1"

    def of(self, name: str, old: str = "", new: str = "", config: Mapping[str, Any] | None = None) -> Any:
        """The data of the one event that a stored mail holds, something in it replaced."""
        body = body_of(CASES[name]).decode()
        assert old in body
        mapped = self.map(
            Delivery({"content-type": "message/rfc822"}, body.replace(old, new).encode()),
            CASES[name].get("config", {}) if config is None else config,
        )
        assert len(mapped.events) == 1
        return mapped.events[0].data

    @pytest.mark.parametrize(
        ("name", "permanent"),
        [
            ("a-bounce", True),
            ("a-bounce-with-headers-alone", True),
            ("a-bounce-beyond-ascii", True),
            ("a-bounce-without-the-letter", True),
            ("a-bounce-that-may-pass", False),
        ],
    )
    def test_a_bounce_names_the_case_and_no_address(self, name: str, *, permanent: bool) -> None:
        """Hard is what failed with a status of class 5; whoever the report names is left out."""
        assert self.of(name) == BounceReceived(case=CASE, permanent=permanent)

    @pytest.mark.parametrize("status", ["4.4.7", "2.0.0", "x5.1.1", "5", "", "55.1.1"])
    def test_what_is_not_said_to_be_for_good_is_not_taken_for_it(self, status: str) -> None:
        """Nobody is stopped for ever by a word that cannot be read."""
        found = self.of("a-bounce", "Status: 5.1.1 (bad destination)", f"Status: {status}")
        assert found == BounceReceived(case=CASE, permanent=False)

    def test_of_several_failures_one_for_good_is_enough(self) -> None:
        """In whatever order they stand."""
        more = "Action: failed\r\nStatus: 4.2.2\r\n\r\nAction: failed\r\nStatus: 5.1.1"
        assert self.of("a-bounce-that-may-pass", "Action: Failed\r\nStatus: 4.2.2", more).permanent

    @pytest.mark.parametrize("name", ["a-complaint", "a-complaint-with-headers-alone"])
    def test_a_complaint_names_the_case_and_no_address(self, name: str) -> None:
        """The same for feedback."""
        assert self.of(name) == ComplaintReceived(case=CASE)

    def test_a_case_is_one_only_in_the_form_that_a_letter_has(self) -> None:
        """Longer, shorter, in capitals, without a domain, or quoted in the text: not ours."""
        letter = f"<{CASE}@acme.example>"
        for other in (f"<{CASE}a@acme.example>", f"<{CASE[:-1]}@acme.example>", f"<{CASE}@>", f"<x{CASE}@y>"):
            with pytest.raises(AssertionError):
                self.of("a-bounce", letter, other)
        with pytest.raises(AssertionError):
            self.of("a-bounce", letter, letter.upper())
        with pytest.raises(AssertionError):
            self.of("a-bounce-of-another-mail", "Thank you.", letter)

    def test_an_opt_out_in_answer_to_a_letter_names_its_case(self) -> None:
        """For the address may be one that nobody knows; of two letters neither is meant for sure."""
        answered = self.of("a-stop")
        assert isinstance(answered, OptOutReceived)
        assert (answered.case, answered.person and answered.person.email) == (CASE, "ada@example.com")
        references = f"References: <{CASE}@acme.example> <x@example.com>"
        assert self.of("a-stop", f"In-Reply-To: <{CASE}@acme.example>", references).case == CASE
        two = f"In-Reply-To: <{CASE}@acme.example>\r\nReferences: <{ANOTHER}@acme.example>"
        assert self.of("a-stop", f"In-Reply-To: <{CASE}@acme.example>", two).case is None

    def test_a_recruiter_who_answers_is_read_as_the_header_says(self) -> None:
        """The word of whoever passes the mail on outweighs the list."""
        header = "X-Afterword-Direction: reply\r\nFrom: "
        answered = self.of("a-recruiter-away", "Auto-Submitted: auto-replied\r\n", "")
        assert answered.direction == "outreach"
        body = body_of(CASES["a-recruiter-away"]).decode().replace("Auto-Submitted: auto-replied\r\n", "")
        delivery = Delivery({"content-type": "message/rfc822"}, body.replace("From: ", header, 1).encode())
        (event,) = self.map(delivery, CASES["a-recruiter-away"]["config"]).events
        assert isinstance(event.data, InteractionRecorded)
        assert event.data.direction == "reply"

    def test_the_same_mail_is_the_same_event_by_whatever_way_it_came(self) -> None:
        """Servers on the way add headers above it; another mail under its id is told apart or in conflict."""
        for name in ("a-reply", "a-stop", "a-bounce", "a-complaint", "outreach-by-its-sender"):
            delivery = Delivery({"content-type": "message/rfc822"}, body_of(CASES[name]))
            later = replace(delivery, body=b"Received: from mx by mx; x\r\n" + delivery.body)
            config = CASES[name].get("config", {})
            assert self.map(delivery, config) == self.map(later, config)
        stop = Delivery({"content-type": "message/rfc822"}, body_of(CASES["a-stop"]))
        other = replace(stop, body=stop.body.replace(b"ada@example.com", b"bob@example.com"))
        ids = {self.map(one, {}).events[0].id for one in (stop, other)}
        assert len(ids) == 2

    @FUZZ
    @given(names=st.lists(NAMES, min_size=3, max_size=3), sent=st.booleans())
    @example(names=["", "=?utf-8?b?DQ==?= ", ""], sent=False).via("a name that is a line break")
    def test_any_name_beside_an_address_gives_the_event(self, names: list[str], *, sent: bool) -> None:
        """Of the sender, of who got it, of who got a copy: a name that cannot be one is left out or cut."""
        config = {"recruiters": ["rey@acme.example", "r2@acme.example"]}
        sender, to = ("rey@acme.example", "ada@example.com")[:: 1 if sent else -1]
        mail = (
            f"From: {names[0]}<{sender}>\r\nTo: {names[1]}<{to}>\r\nCc: {names[2]}<x@acme.example>\r\n"
            "Date: Mon, 4 May 2026 11:11:50 +0200\r\nMessage-ID: <m@example.com>\r\n\r\nNot for me."
        )
        body = mail.encode("utf-8", "replace")
        event, *copies = self.map(Delivery({"content-type": "message/rfc822"}, body), config).events
        assert len(copies) == sent
        assert isinstance(event.data, InteractionRecorded)
        assert event.data.direction == ("outreach" if sent else "reply")
        assert event.data.person.email == "ada@example.com"
        assert event.data.recruiter is not None
        assert event.data.recruiter.email == "rey@acme.example"

    @pytest.mark.parametrize(
        ("name", "told"), [("", None), ('"  " ', None), ('"' + "N" * 300 + '"', "N" * 200)]
    )
    def test_a_recruiter_needs_no_name(self, name: str, told: str | None) -> None:
        """An address alone is the commonest way to write to somebody."""
        recruiter = self.of("a-reply", '"Rey Recruiter" <rey', f"{name}<rey").recruiter
        assert (recruiter.name, recruiter.email) == (told, "rey@acme.example")

    def test_a_recruiter_who_got_it_twice_is_one(self) -> None:
        """In To and in Cc, in whatever letter case."""
        found = self.of("a-reply", "Subject:", "Cc: REY@acme.example\r\nSubject:")
        assert found.recruiter is not None

    @pytest.mark.parametrize("header", ["Cc", "BCC", "Delivered-To", "X-Original-To"])
    def test_a_wish_is_one_wherever_its_address_stands(self, header: str) -> None:
        """In a copy too, beside a recruiter in To."""
        found = self.of("a-reply", "Subject:", f"{header}: Stop <STOP@acme.example>\r\nSubject:")
        assert isinstance(found, OptOutReceived)

    def test_a_mail_without_an_id_goes_by_its_content(self) -> None:
        """Two of them are two."""
        body = body_of(CASES["a-reply"]).replace(b"Message-ID: <m-1@mail.example.com>\r\n", b"")
        ids = [
            self.map(Delivery({"content-type": "message/rfc822"}, one), {}).events[0].id
            for one in (body, body, body + b"!")
        ]
        assert ids[0] == ids[1] != ids[2]

    def test_what_does_not_say_from_whom_or_when_is_refused(self) -> None:
        """And so is what is no mail, or comes as something else."""
        body = body_of(CASES["a-reply"])
        date = b"Date: Mon, 4 May 2026 11:11:50 +0200\r\n"
        sender = b'From: "Ada Example" <ada@example.com>\r\n'
        for spoiled, pointer in (
            (body.replace(sender, b""), "/from"),
            (body.replace(sender, sender * 2), "/from"),
            (body.replace(sender, b"From: a@example.com, b@example.com\r\n"), "/from"),
            (body.replace(sender, b"From: " + b"x" * 990 + sender[6:]), "/from"),
            (body.replace(sender, b"From: <>\r\n"), "/from"),
            (body.replace(date, b""), "/date"),
            (body.replace(date, b"Date: soon\r\n"), "/date"),
            (b"no mail\r\n\r\nat all", ""),
        ):
            assert spoiled != body
            with pytest.raises(Invalid) as refused:
                self.map(Delivery({"content-type": "message/rfc822"}, spoiled), {})
            assert refused.value.errors[0].pointer == pointer
            assert pointer != "/date" or "RFC 5322" in refused.value.errors[0].detail
        for media_type in ("application/json", "", "message/partial"):
            with pytest.raises(Invalid):
                self.map(Delivery({"content-type": media_type}, body), {})
        for media_type in MEDIA_TYPES:
            assert self.map(Delivery({"content-type": f"{media_type.title()}; charset=x"}, body), {}).events

    def test_without_a_date_the_nearest_server_tells_when_it_came(self) -> None:
        """Those further away are a stranger's word too."""
        body = body_of(CASES["a-reply"]).replace(b"Date: Mon, 4 May 2026 11:11:50 +0200\r\n", b"")
        near = b"Received: from a by b; Mon, 4 May 2026 09:12:00 +0000\r\n"
        far = b"Received: from c by a; Mon, 4 May 2020 09:12:00 +0000\r\n"
        (event,) = self.map(Delivery({"content-type": "message/rfc822"}, near + far + body), {}).events
        assert event.time is not None
        assert event.time.isoformat() == "2026-05-04T09:12:00+00:00"

    def test_a_long_text_is_cut_where_the_contract_ends(self) -> None:
        """Whoever writes a book is heard all the same."""
        text = self.of("a-reply", "Thank you, but", "x " * MAX_TEXT).text
        assert len(text) == MAX_TEXT

    def test_an_address_that_is_none_is_no_configuration(self) -> None:
        """Told at once, not found out by outreach that nobody recorded."""
        with pytest.raises(Invalid):
            checked(CONFIG, {"recruiters": ["rey"]})

    def test_headers_that_nobody_knows_yet_change_nothing(self) -> None:
        """As a later server writes them."""
        for name, case in CASES.items():
            body = b"X-New: [1, 2]\r\nARC-Seal: i=1; cv=none\r\n" + body_of(case)
            delivery = Delivery({"content-type": "message/rfc822"}, body)
            answer = tried("email", delivery, (), case.get("config", {}), NOW)
            assert told({key: answer[key] for key in ("events", "ignored")}) == case["expected"], name
