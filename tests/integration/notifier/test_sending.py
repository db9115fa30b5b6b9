"""Due rows against a real database and a real mail server."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import pytest

from deploy.local.smtp import SmtpServer
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.handover import Accepted, Deferred, Refused
from services.notifier.letter import Letter
from services.notifier.loop import DueLoop
from services.notifier.record import Record
from shared.bus import Bus
from shared.clock import SystemClock
from shared.decision import Schedule
from shared.errors import Transient
from shared.events import Event, outcome_id
from shared.states import State
from shared.store.client import Document
from tests.integration.notifier.stage import AT_ONCE, TENANT, Stage, rounds


async def test_a_due_follow_up_goes_out_once_and_is_told_of_once(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """One mail to the candidate, the case `sent` with the server's code, one outcome under its own id."""
    case = await stage.scheduled("grace")
    await rounds(loop)
    stage.later(7 * 24 * 3600)
    await rounds(loop)
    (mail,) = smtp.mails
    assert mail.sender == "ada@acme.example"
    assert mail.recipients == ("grace@example.org",)
    assert mail.message["Message-ID"] == f"<{case}@acme.example>"
    assert "Hello Grace Hopper," in mail.content.decode()
    assert await stage.state(case) is State.SENT
    assert await stage.why(case) == "accepted: 250 2.0.0"
    assert await stage.told() == [("afterword.followup.sent.v1", outcome_id(case, "followup.sent"))]
    assert "announce" not in await stage.case(case)


async def test_nothing_goes_out_before_it_is_due(stage: Stage, loop: DueLoop, smtp: SmtpServer) -> None:
    """The courtesy delay holds to the second."""
    hour = Schedule(delay_min_s=3600, delay_max_s=3600, quiet_from="00:00", quiet_to="00:00", weekends=True)
    case = await stage.scheduled("grace", schedule=hour)
    stage.later(3599)
    await rounds(loop)
    assert smtp.mails == []
    stage.later(1)
    await rounds(loop)
    assert await stage.state(case) is State.SENT


async def test_two_replicas_send_fifty_due_rows_once_each_over_kept_connections(
    stage: Stage, smtp: SmtpServer
) -> None:
    """Whoever claims a row, its mail goes out once; a replica keeps one connection for all its mails."""
    cases = [await stage.scheduled(f"p{number}") for number in range(50)]
    stage.settings = stage.settings.model_copy(update={"claim_limit": 7})
    replicas = [stage.replica(), stage.replica()]
    await asyncio.gather(*(rounds(replica) for replica in replicas))
    assert Counter(mail.recipients for mail in smtp.mails) == {(f"p{n}@example.org",): 1 for n in range(50)}
    assert [await stage.state(case) for case in cases] == [State.SENT] * 50
    assert smtp.connections == 2
    assert {id_ for _, id_ in await stage.told()} == {outcome_id(case, "followup.sent") for case in cases}
    for replica in replicas:
        await replica.stop(1)


async def test_a_refused_recipient_has_failed_with_the_servers_codes(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """For good, without the address; the next mail goes out over the same connection."""
    smtp.refuse("grace@example.org", "550 5.1.1 <grace@example.org>: no such user")
    refused, other = await stage.scheduled("grace"), await stage.scheduled("alan")
    await rounds(loop)
    assert await stage.state(refused) is State.FAILED
    assert await stage.why(refused) == "recipient refused: 550 5.1.1 (about the address)"
    assert await stage.state(other) is State.SENT
    assert [mail.recipients for mail in smtp.mails] == [("alan@example.org",)]
    assert smtp.connections == 1


async def test_a_mail_refused_after_data_has_failed(stage: Stage, loop: DueLoop, smtp: SmtpServer) -> None:
    """A 5xx says that nothing was delivered."""
    smtp.refuse_content("grace@example.org")
    case = await stage.scheduled("grace")
    await rounds(loop)
    assert await stage.state(case) is State.FAILED
    assert await stage.why(case) == "mail refused: 554 5.7.1 (about security or policy)"


async def test_a_temporary_refusal_is_tried_again_with_growing_waits(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """At RCPT and after DATA alike, for a 4xx says that nothing was taken."""
    smtp.refuse_for_now("grace@example.org")
    smtp.refuse_for_now("grace@example.org", at="data")
    case = await stage.scheduled("grace")
    for wait_s in (60, 300):
        await rounds(loop)
        stage.later(wait_s - 1)
        await rounds(loop)
        assert await stage.state(case) is State.SCHEDULED
        stage.later(1)
    await rounds(loop)
    assert len(smtp.mails) == 1
    assert await stage.state(case) is State.SENT
    moves = [line["to_state"] for line in (await stage.case(case))["timeline"]]
    assert moves == ["received", "approved", "scheduled", "sending", "scheduled", "sending", "sent"]


@pytest.mark.parametrize("at", ["rcpt", "data"])
async def test_after_the_last_wait_it_has_failed(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, at: str
) -> None:
    """Nobody is tried for ever."""
    smtp.refuse_for_now("grace@example.org", at=at, times=None)  # type: ignore[arg-type] # parametrized
    case = await stage.scheduled("grace")
    for wait_s in (60, 300, 1800):
        await rounds(loop)
        assert await stage.state(case) is State.SCHEDULED
        stage.later(wait_s)
    await rounds(loop)
    assert await stage.state(case) is State.FAILED
    assert await stage.why(case) == "gave up after 4 tries: 451 4.7.1 (about security or policy)"


async def test_a_mail_server_that_is_away_costs_nothing_but_time(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """All rows wait, and go out once it is back; a connection that died meanwhile is replaced unnoticed."""
    await stage.scheduled("alan")
    await rounds(loop)
    smtp.close()
    cases = [await stage.scheduled(f"p{number}") for number in range(3)]
    await rounds(loop)
    assert [await stage.state(case) for case in cases] == [State.SCHEDULED] * 3
    assert [(await stage.case(case))["send"]["attempts"] for case in cases] == [1] * 3
    with SmtpServer(port=smtp.port) as back:
        stage.later(60)
        await rounds(loop)
        assert [await stage.state(case) for case in cases] == [State.SENT] * 3
        assert len(back.mails) == 3
        await loop.stop(1)


async def test_a_kept_connection_that_died_is_replaced_within_the_same_try(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """Servers close idle connections; that is no refusal."""
    await stage.scheduled("alan")
    await rounds(loop)
    smtp.close()
    with SmtpServer(port=smtp.port) as back:
        case = await stage.scheduled("grace")
        await rounds(loop)
        assert await stage.state(case) is State.SENT
        assert (await stage.case(case))["send"]["attempts"] == 0
        assert back.connections == 1
        await loop.stop(1)


async def test_a_server_that_closes_a_kept_connection_is_asked_anew_at_once(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """A 421 on a connection that was kept says nothing about the server's health."""
    await stage.scheduled("alan")
    await rounds(loop)
    smtp.refuse_for_now("grace@example.org", "421 4.3.2 Idle for too long")
    case = await stage.scheduled("grace")
    await rounds(loop)
    assert await stage.state(case) is State.SENT
    assert (await stage.case(case))["send"]["attempts"] == 0
    assert smtp.connections == 2


async def test_a_connection_lost_after_data_is_uncertain_and_never_repeated(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """The server may have kept the mail, as here it has."""
    smtp.drop_after_data("grace@example.org")
    case, other = await stage.scheduled("grace"), await stage.scheduled("alan")
    await rounds(loop)
    stage.later(30 * 24 * 3600)
    await rounds(loop)
    assert await stage.state(case) is State.UNCERTAIN
    assert await stage.state(other) is State.SENT
    assert len(smtp.to("grace@example.org")) == 1
    assert "afterword.followup.uncertain.v1" in {type_ for type_, _ in await stage.told()}


async def test_a_server_that_never_answers_data_is_uncertain(stage: Stage, smtp: SmtpServer) -> None:
    """The wait for its word ends before the lease does."""
    stage.settings = stage.settings.model_copy(update={"smtp_timeout_s": 0.3})
    loop = stage.replica()
    smtp.hold()
    case = await stage.scheduled("grace")
    await rounds(loop)
    assert await stage.state(case) is State.UNCERTAIN
    assert len(smtp.mails) == 1
    smtp.release()
    await loop.stop(1)


async def test_a_process_that_dies_while_sending_leaves_an_uncertain_case(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody touches it while the lease runs; then another replica says what is known, and sends nothing."""
    case = await stage.scheduled("grace")

    async def dies(_channel: SmtpChannel, _letter: Letter, *, within_s: float) -> Accepted:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(SmtpChannel, "finish", dies)
        with pytest.raises(asyncio.CancelledError):
            await loop.round()
    other = stage.replica()
    stage.later(59)
    await rounds(other)
    assert await stage.state(case) is State.SENDING
    stage.later(1)
    await rounds(other)
    assert await stage.state(case) is State.UNCERTAIN
    assert smtp.mails == []
    assert [type_ for type_, _ in await stage.told()] == ["afterword.followup.uncertain.v1"]
    await other.stop(1)


async def test_a_process_that_dies_before_sending_leaves_a_due_row(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another replica sends it once the lease is over."""
    case = await stage.scheduled("grace")

    async def dies(_channel: SmtpChannel, _letter: Letter) -> Accepted:
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(SmtpChannel, "begin", dies)
        with pytest.raises(asyncio.CancelledError):
            await loop.round()
    other = stage.replica()
    await rounds(other)
    assert smtp.mails == []
    stage.later(60)
    await rounds(other)
    assert await stage.state(case) is State.SENT
    assert len(smtp.mails) == 1
    await other.stop(1)


@pytest.mark.parametrize(
    ("zone", "tenant_zone"), [("Asia/Tokyo", "UTC"), (None, "Asia/Tokyo"), ("nowhere", "Asia/Tokyo")]
)
async def test_quiet_hours_are_kept_at_the_send_as_well(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, zone: str | None, tenant_zone: str
) -> None:
    """A row that comes late, after a stop, waits for the morning where the candidate lives."""
    night = AT_ONCE.model_copy(update={"quiet_from": "22:00", "quiet_to": "07:00"})
    await stage.database["tenants"].update_one({"_id": TENANT}, {"$set": {"timezone": tenant_zone}})
    case = await stage.scheduled("grace", schedule=night, timezone=zone)
    assert (await stage.case(case))["send"]["due_at"] == stage.clock.now()  # 21:00 in Tokyo
    stage.later(2 * 3600)
    await rounds(loop)
    assert smtp.connections == 0
    stored = (await stage.case(case))["send"]
    assert stored["due_at"].isoformat() == "2026-06-03T22:00:00+00:00"  # 07:00 in Tokyo
    assert stored["attempts"] == 0
    stage.later(8 * 3600)
    await rounds(loop)
    assert await stage.state(case) is State.SENT


async def test_a_mail_begun_before_the_database_went_away_does_not_meet_the_next(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sender and recipient were said, and nothing more can be: the conversation is given up."""
    first = await stage.scheduled("grace")
    begin = Record.begin

    async def away_once(_record: Record, case: Document) -> Document | None:
        monkeypatch.setattr(Record, "begin", begin)
        raise Transient("the database was away for too long")

    monkeypatch.setattr(Record, "begin", away_once)
    await loop.round()
    assert await stage.state(first) is State.SCHEDULED
    second = await stage.scheduled("alan")
    await rounds(loop)
    assert await stage.state(second) is State.SENT
    assert (await stage.case(second))["send"]["attempts"] == 0
    assert [mail.recipients for mail in smtp.mails] == [("alan@example.org",)]


async def test_quiet_hours_that_begin_during_the_conversation_are_kept(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hour is looked at again immediately before the mail is handed over."""
    lunch = AT_ONCE.model_copy(update={"quiet_from": "12:00", "quiet_to": "13:00"})
    stage.later(-1)
    case = await stage.scheduled("grace", schedule=lunch)
    begin = SmtpChannel.begin

    async def slow(channel: SmtpChannel, letter: Letter) -> Accepted | Refused | Deferred:
        stage.later(1)
        return await begin(channel, letter)

    monkeypatch.setattr(SmtpChannel, "begin", slow)
    await rounds(loop)
    assert smtp.mails == []
    assert (await stage.case(case))["send"]["due_at"].isoformat() == "2026-06-03T13:00:00+00:00"


class DyingBus(Bus):
    """Publishes, and dies before it can say so."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Confirmed by the broker, unknown to the caller."""
        await super().publish(events)
        raise Transient("died after the confirm")


async def test_an_outcome_whose_confirm_was_lost_is_told_again_under_the_same_id(
    stage: Stage, smtp: SmtpServer
) -> None:
    """Nothing is lost, and who reads knows the repeat."""
    case = await stage.scheduled("grace")
    dying = stage.replica(DyingBus(stage.broker, sealer=None, clock=SystemClock(), timeout_s=5))
    await dying.round()
    assert (await stage.case(case))["announce"] is True
    other = stage.replica()
    await rounds(other)
    first, again = await stage.told()
    assert first == again == ("afterword.followup.sent.v1", outcome_id(case, "followup.sent"))
    assert len(smtp.mails) == 1
    await dying.stop(1)
    await other.stop(1)


async def test_a_row_that_cannot_be_prepared_holds_up_nobody(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """It is put off with growing waits, and fails at last; its neighbours go out."""
    await stage.database["tenants"].insert_one({"_id": "broken", "company": "Broken"})
    bad = await stage.scheduled("grace", tenant="broken")
    good = await stage.scheduled("alan")
    await rounds(loop)
    assert await stage.state(good) is State.SENT
    assert (await stage.case(bad))["send"]["attempts"] == 1
    for wait_s in (60, 300, 1800):
        stage.later(wait_s)
        await rounds(loop)
    assert await stage.state(bad) is State.FAILED
    assert len(smtp.mails) == 1
