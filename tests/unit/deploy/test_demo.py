"""The demo's own judgment: each checker tells when a story ended otherwise, with what it found."""

import io
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from standardwebhooks import Webhook

from deploy.demo import __main__ as command
from deploy.demo import checks, keep
from deploy.demo.checks import Unexpected
from deploy.demo.local import POLICY_FILE
from deploy.demo.platform import sign
from deploy.demo.scene import Ending, Scene
from deploy.demo.show import Show
from deploy.demo.stack import Case, Finding, Mail, Step, Verified
from deploy.demo.stories import GRACE_S, STORIES, Story
from deploy.demo.telling import Told, tell
from services.policy.document import load_base
from shared.clock import FixedClock

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CASE = "case_a"
ADDRESS = "maya@mail.example"


def _case(state: str, *findings: Finding, steps: Sequence[Step] = ()) -> Case:
    return Case(CASE, state, findings, tuple(steps))


def _mail(case: str = CASE, to: str = ADDRESS) -> Mail:
    return Mail(case, (to,), "Thank you for your answer", "")


def _finding(code: str, severity: str = "deny") -> Finding:
    return Finding(code, severity, "A sentence.")


class TestThanked:
    def test_one_mail_to_the_person_is_as_it_must_be(self) -> None:
        """A sent case with its one mail passes."""
        checks.thanked(_case("sent"), [_mail(), _mail("case_b", "else@mail.example")], ADDRESS)

    @pytest.mark.parametrize(
        ("case", "mails", "found"),
        [
            (_case("uncertain"), [_mail()], "uncertain"),
            (_case("denied", _finding("single.cooldown")), [], "single.cooldown"),
            (_case("sent"), [], "found 0"),
            (_case("sent"), [_mail(), _mail()], "found 2"),
            (_case("sent"), [_mail(to="eve@mail.example")], "eve@mail.example"),
        ],
        ids=["uncertain", "denied", "no mail", "two mails", "to somebody else"],
    )
    def test_anything_else_is_told(self, case: Case, mails: list[Mail], found: str) -> None:
        """Another state, none, two, or a mail to somebody else is told with what was found."""
        with pytest.raises(Unexpected, match=found):
            checks.thanked(case, mails, ADDRESS)


class TestDenied:
    def test_the_finding_that_denies_is_returned(self) -> None:
        """By its code, or by its family."""
        case = _case("denied", _finding("x.note", "note"), _finding("single.cooldown"))
        assert checks.denied(case, [], "single.").code == "single.cooldown"
        assert checks.denied(case, [], "single.cooldown").code == "single.cooldown"

    @pytest.mark.parametrize(
        ("case", "mails"),
        [
            (_case("sent"), []),
            (_case("denied", _finding("conduct.burst")), []),
            (_case("denied", _finding("single.cooldown", "note")), []),
            (_case("denied", _finding("singles.cooldown")), []),
            (_case("denied", _finding("single.cooldown")), [_mail()]),
        ],
        ids=["sent", "for another reason", "only noted", "another family", "mailed all the same"],
    )
    def test_anything_else_is_told(self, case: Case, mails: list[Mail]) -> None:
        """Another state or reason, or a mail in spite of it, is told."""
        with pytest.raises(Unexpected):
            checks.denied(case, mails, "single.")


class TestRace:
    ANSWERED = NOW

    def sent(self, began: datetime) -> Case:
        return _case("sent", steps=[Step(began, "sending", "notifier"), Step(began, "sent", "notifier")])

    def test_a_send_before_the_answer_is_allowed(self) -> None:
        """It began first, so it may end."""
        case = self.sent(NOW - timedelta(milliseconds=1))
        assert checks.never_after(case, [_mail()], self.ANSWERED) is True

    def test_a_case_stopped_by_the_opt_out_is_allowed(self) -> None:
        """Cancelled for the opt-out, with no mail."""
        assert not checks.never_after(_case("cancelled", _finding("consent.opted_out")), [], self.ANSWERED)

    @pytest.mark.parametrize(
        ("case", "mails"),
        [
            (_case("cancelled", _finding("consent.opted_out")), [_mail()]),
            (_case("cancelled", _finding("single.cooldown")), []),
            (_case("held", _finding("consent.opted_out")), []),
            (_case("uncertain"), []),
        ],
        ids=["mailed all the same", "for another reason", "still open", "uncertain"],
    )
    def test_anything_else_is_told(self, case: Case, mails: list[Mail]) -> None:
        """A mail of a stopped case, another reason or another state is told."""
        with pytest.raises(Unexpected):
            checks.never_after(case, mails, self.ANSWERED)

    def test_a_send_after_the_answer_is_told(self) -> None:
        """One millisecond is too late."""
        with pytest.raises(Unexpected, match="no send"):
            checks.never_after(self.sent(NOW + timedelta(milliseconds=1)), [_mail()], self.ANSWERED)


class TestOtherChecks:
    def test_a_decision_within_the_grace_is_told(self) -> None:
        """A decline that nobody asked for must wait all of the grace."""
        step = Step(NOW + timedelta(seconds=1.9), "denied", "policy")
        with pytest.raises(Unexpected):
            checks.waited(_case("denied", steps=[step]), NOW, 2)
        checks.waited(_case("denied", steps=[step]), NOW, 1.9)

    def test_an_approval_by_nobody_is_told(self) -> None:
        """A held case must be approved by the reviewer."""
        case = _case("sent", steps=[Step(NOW, "approved", "policy")])
        with pytest.raises(Unexpected, match="policy"):
            checks.by_reviewer(case, "Robin")
        checks.by_reviewer(_case("sent", steps=[Step(NOW, "approved", "reviewer Robin")]), "Robin")

    def test_a_case_that_is_not_held_is_told(self) -> None:
        """Held, and for the reason that the story gives."""
        waiting = _case("held", _finding("provenance.unclear_who", "hold"))
        assert checks.held(waiting, "provenance.unclear_who").says == "A sentence."
        with pytest.raises(Unexpected):
            checks.held(_case("sent"), "provenance.unclear_who")
        with pytest.raises(Unexpected):
            checks.held(_case("held", _finding("conduct.reminded", "hold")), "provenance.unclear_who")

    @pytest.mark.parametrize(
        ("expected", "mails"),
        [({ADDRESS: 1}, [_mail(), _mail()]), ({ADDRESS: 1}, []), ({}, [_mail()])],
        ids=["a second one", "a lost one", "one to a stranger"],
    )
    def test_a_mail_more_or_less_at_the_end_is_told(
        self, expected: Mapping[str, int], mails: list[Mail]
    ) -> None:
        """The last look counts every address."""
        with pytest.raises(Unexpected, match=ADDRESS):
            checks.nothing_doubled(expected, mails)

    def test_what_lies_in_a_queue_is_told(self) -> None:
        """Dead letters included."""
        checks.nothing_left({"afterword.policy.facts": 0})
        with pytest.raises(Unexpected, match=r"2 in afterword\.dead"):
            checks.nothing_left({"afterword.dead": 2, "afterword.policy.facts": 0})

    def test_a_fault_of_verify_is_told(self) -> None:
        """With the command's own words."""
        with pytest.raises(Unexpected, match="line 2 was changed"):
            checks.verified((False, "line 2 was changed after it was written"))

    def test_another_status_is_told(self) -> None:
        """A forged delivery that is taken, for instance."""
        with pytest.raises(Unexpected, match="202"):
            checks.answered(401, 202, "a forged signature")


class FakeStack:
    """Nothing ever happens here."""

    where = "nowhere"
    http = httpx.Client()
    left: Mapping[str, int] = {}
    taken: Sequence[Mail] = ()

    def left_over(self) -> Mapping[str, int]:
        return self.left

    def mails(self) -> Sequence[Mail]:
        return self.taken

    def verify(self) -> Verified:
        return True, "0 cases checked, 0 with faults"


def _told(play_fault: Exception | None) -> list[Told]:
    def play(_scene: Scene) -> Ending:
        if play_fault is not None:
            raise play_fault
        return Ending("sent, one mail", "no rule spoke against it")

    story = Story("plain", "A plain decline", "thanked", play)
    said: list[str] = []
    return tell(FakeStack(), FixedClock(NOW), "run", said.append, [story])  # type: ignore[arg-type]  # only what is asked here


class TestTelling:
    def test_a_story_that_ends_otherwise_fails_the_demo_and_is_named(self) -> None:
        """Exit 1, its title, and what was expected and found; the other looks are still taken."""
        output = io.StringIO()
        show = Show(Console(file=output, highlight=False))
        told = _told(Unexpected("case_a to be sent", "denied (single.cooldown)"))
        show.table(told, "nowhere")
        assert command.verdict(show, told) == 1
        assert [bool(one.fault) for one in told] == [True, False]
        assert (
            'Not as it must be: "A plain decline": expected case_a to be sent; found denied (single.cooldown)'
            in output.getvalue()
        )

    @pytest.mark.parametrize(
        "error", [httpx.ConnectError("refused"), TimeoutError("quiet"), LookupError("x")]
    )
    def test_a_story_that_breaks_off_fails_the_demo(self, error: Exception) -> None:
        """Whatever keeps a story from its end is told as its fault."""
        told = _told(error)
        assert told[0].fault is not None
        assert type(error).__name__ in told[0].fault

    def test_stories_that_end_as_they_must_give_exit_zero(self) -> None:
        """Nothing more is said."""
        output = io.StringIO()
        assert command.verdict(Show(Console(file=output)), _told(None)) == 0
        assert not output.getvalue()

    def test_there_are_fifteen_stories_by_different_names(self) -> None:
        """Names go into addresses, so two of one name would meet each other's people."""
        assert len({story.name for story in STORIES}) == len(STORIES) == 15


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The published library takes what the demo signs."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"id": "1"}'
    at = datetime.now(UTC)
    headers = sign(secret, "msg-1", at, body)
    Webhook(secret).verify(body.decode(), headers)


def test_the_demo_policy_is_the_default_but_for_time() -> None:
    """What the demo judges by is what a deployment judges by; only waits are shorter."""
    demo = load_base(POLICY_FILE.read_text(), str(POLICY_FILE)).document
    file = Path("services/policy/default.yaml")
    default = load_base((POLICY_FILE.parents[2] / file).read_text(), str(file)).document
    assert demo.grace_seconds == GRACE_S
    changed = {name for name in type(demo).model_fields if getattr(demo, name) != getattr(default, name)}
    assert changed == {"schedule", "grace_seconds"}
    assert demo.schedule.courtesy_delay_max_minutes == 0
    assert demo.schedule.quiet_from == demo.schedule.quiet_to


class TestKeep:
    def test_the_file_is_for_its_owner_alone_and_reads_back(self, tmp_path: Path) -> None:
        """Values with quotes and spaces survive; the process is recognised."""
        file = tmp_path / ".run" / "demo.env"
        keep.write({"DEMO_WORDS": "it's  'quoted' $HOME"}, {"self": os.getpid()}, file)
        assert file.stat().st_mode & 0o777 == 0o600
        values = keep.read(file)
        assert values["DEMO_WORDS"] == "it's  'quoted' $HOME"
        assert values["DEMO_SELF_PID"] == str(os.getpid())
        assert [one.pid for one in keep.left_running(file)] == [os.getpid()]

    def test_a_process_that_only_has_the_same_id_is_not_ours(self) -> None:
        """Process ids are used again: one that started at another time lives on untouched."""
        other = keep.Left("policy", os.getpid(), "1")
        assert not other.lives
        other.end(timeout_s=0)

    def test_the_servers_end_last(self, tmp_path: Path) -> None:
        """Services need them, and the mail server, until they have ended."""
        file = tmp_path / "demo.env"
        keep.write({}, dict.fromkeys(("servers", "smtp", "intake"), os.getpid()), file)
        assert [one.name for one in keep.left_running(file)] == ["intake", "smtp", "servers"]

    def test_nothing_left_running_is_said(self, tmp_path: Path) -> None:
        """Stopping twice does no harm."""
        said: list[str] = []
        keep.stop(said.append, tmp_path / "demo.env")
        assert said == ["No demo was left running."]
