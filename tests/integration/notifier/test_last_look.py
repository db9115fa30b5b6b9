"""The last look: what is known at the moment of the send may still stop a mail that was permitted."""

from datetime import timedelta

import pytest

from deploy.local.smtp import SmtpServer
from services.notifier.channels.smtp import SmtpChannel
from services.notifier.handover import Accepted, Deferred, Refused
from services.notifier.letter import Letter
from services.notifier.loop import DueLoop
from shared.decision import Signer, new_seed
from shared.states import State
from shared.store.people import People
from shared.store.suppressions import EVERYONE
from tests.integration.notifier.stage import AT_ONCE, COOLDOWN, NOON, TENANT, Stage, rounds


@pytest.mark.parametrize(
    ("kind", "scope", "who"),
    [
        ("opt_out", TENANT, "grace"),
        ("complaint", TENANT, "grace"),
        ("bounce", TENANT, "grace"),
        # from everyone on this installation
        ("opt_out", EVERYONE, "grace"),
        # by another address of hers, of which the case knows nothing
        ("opt_out", TENANT, "grace.h"),
    ],
)
async def test_a_never_again_before_the_send_cancels_it(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, kind: str, scope: str, who: str
) -> None:
    """What policy could not cancel itself, the last look does; the reason names the kind."""
    case = await stage.scheduled("grace")
    await stage.linked("grace", "grace.h")
    await stage.stop(who, kind, scope)  # type: ignore[arg-type] # parametrized
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.CANCELLED
    assert kind in await stage.why(case)
    assert [type_ for type_, _ in await stage.told()] == ["afterword.followup.cancelled.v1"]


async def test_an_opt_out_of_somebody_else_or_at_another_company_stops_nothing(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """Suppressions hold for their person and their scope."""
    await stage.tenant("other")
    case, there = await stage.scheduled("grace"), await stage.scheduled("grace", tenant="other")
    await stage.stop("alan")
    await stage.stop("grace", "opt_out", "other")
    await rounds(loop)
    assert await stage.state(case) is State.SENT
    assert await stage.state(there) is State.CANCELLED


async def test_an_opt_out_during_the_conversation_stops_the_mail(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until DATA the mail can be stopped: the fact touches the case, and the move to `sending` fails."""
    case = await stage.scheduled("grace")
    begin = SmtpChannel.begin

    async def slow(channel: SmtpChannel, letter: Letter) -> Accepted | Refused | Deferred:
        said = await begin(channel, letter)
        await stage.stop("grace")
        return said

    monkeypatch.setattr(SmtpChannel, "begin", slow)
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.CANCELLED
    assert [line["to_state"] for line in (await stage.case(case))["timeline"]][-2:] == [
        "scheduled",
        "cancelled",
    ]


async def test_a_touch_that_stops_nothing_only_makes_it_look_again(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is given back, looked at again and sent over the same connection, once."""
    case = await stage.scheduled("grace")
    begin = SmtpChannel.begin
    touched: list[object] = []

    async def slow(channel: SmtpChannel, letter: Letter) -> Accepted | Refused | Deferred:
        said = await begin(channel, letter)
        if not touched:
            touched.append(await stage.cases.touch([f"{TENANT}/egrace"]))
        return said

    monkeypatch.setattr(SmtpChannel, "begin", slow)
    await rounds(loop)
    assert len(smtp.mails) == 1
    assert smtp.connections == 1
    assert await stage.state(case) is State.SENT


async def test_an_erased_candidate_gets_nothing(stage: Stage, loop: DueLoop, smtp: SmtpServer) -> None:
    """Without a data key there is no address, and no wish to have one."""
    case = await stage.scheduled("grace")
    await People(stage.database).destroy([f"{TENANT}/egrace"], stage.clock.now())
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.CANCELLED
    assert "erasure" in await stage.why(case)


@pytest.mark.parametrize("email", [None, "not an address", "a@example.org\r\nBcc: b@example.org"])
async def test_without_a_usable_address_the_case_has_failed(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, email: str | None
) -> None:
    """The reason says so and quotes nothing."""
    case = await stage.scheduled("grace", email=email)
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.FAILED
    assert "address" in await stage.why(case)
    assert "@" not in await stage.why(case)


async def test_a_decision_changed_in_the_database_sends_nothing(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """The signature is checked again at the send: writing to the database is not enough to cause one."""
    case = await stage.scheduled("grace")
    forged = stage.permit(case, signer=Signer(new_seed()))
    change = {"$set": {"decision.signed": forged.model_dump(mode="json")}}
    await stage.cases.collection.update_one({"_id": case}, change)
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.FAILED
    assert "not signed" in await stage.why(case)


async def test_anothers_decision_sends_nothing(stage: Stage, loop: DueLoop, smtp: SmtpServer) -> None:
    """A genuine signature on another case's decision permits nothing here."""
    case, other = await stage.scheduled("grace"), await stage.approved("alan")
    genuine = (await stage.case(other))["decision"]
    await stage.cases.collection.update_one({"_id": case}, {"$set": {"decision": genuine}})
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.FAILED


async def test_of_two_permits_for_one_person_the_first_alone_is_used(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """Policy learnt that both are one after both had claimed, and died before it could say so."""
    first = await stage.scheduled("grace")
    stage.later(60)
    second = await stage.scheduled("grace.h")
    await stage.linked("grace", "grace.h")
    await rounds(loop)
    assert [mail.recipients for mail in smtp.mails] == [("grace@example.org",)]
    assert await stage.state(first) is State.SENT
    assert await stage.state(second) is State.CANCELLED
    assert first in await stage.why(second)


MONTH = timedelta(days=30)
WITHIN_A_MONTH = AT_ONCE.model_copy(update={"not_after": NOON + MONTH})
TOO_LONG_AGO = "the no is too long ago to be thanked for now: not after 2026-07-03T12:00:00+00:00"


async def test_a_no_that_is_too_old_by_now_is_not_thanked_for(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """A notifier that was away for long keeps to the last moment that policy signed."""
    case = await stage.scheduled("grace", schedule=WITHIN_A_MONTH)
    stage.later(100 * 24 * 3600)
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.CANCELLED
    assert await stage.why(case) == TOO_LONG_AGO


async def test_at_its_last_moment_a_no_is_still_thanked_for(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """The bound is included, as it is where policy judges; a try after it is none."""
    sent = await stage.scheduled("grace", schedule=WITHIN_A_MONTH)
    tried = await stage.scheduled("alan", schedule=WITHIN_A_MONTH)
    smtp.refuse_for_now("alan@example.org")
    stage.later(MONTH.total_seconds())
    await rounds(loop)
    assert await stage.state(sent) is State.SENT
    stage.later(60)
    await rounds(loop)
    assert await stage.state(tried) is State.CANCELLED


async def test_nothing_waits_for_a_morning_that_comes_too_late(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """What would be allowed only after the last moment is known not to go out."""
    night = WITHIN_A_MONTH.model_copy(update={"quiet_from": "11:00", "quiet_to": "13:00"})
    case = await stage.scheduled("grace", schedule=night)
    stage.later(MONTH.total_seconds() - 60)
    await rounds(loop)
    assert await stage.state(case) is State.CANCELLED
    assert await stage.why(case) == TOO_LONG_AGO


async def test_a_last_moment_that_passes_during_the_conversation_stops_the_mail(
    stage: Stage, loop: DueLoop, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at again immediately before the mail is handed over."""
    case = await stage.scheduled("grace", schedule=WITHIN_A_MONTH)
    begin = SmtpChannel.begin

    async def slow(channel: SmtpChannel, letter: Letter) -> Accepted | Refused | Deferred:
        stage.later(1)
        return await begin(channel, letter)

    monkeypatch.setattr(SmtpChannel, "begin", slow)
    stage.later(MONTH.total_seconds())
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.why(case) == TOO_LONG_AGO


async def test_a_permit_is_worth_nothing_once_its_cool_down_is_over(
    stage: Stage, loop: DueLoop, smtp: SmtpServer
) -> None:
    """A notifier that was away for half a year thanks nobody for what they have long forgotten."""
    case = await stage.scheduled("grace")
    stage.later(COOLDOWN.total_seconds())
    await rounds(loop)
    assert smtp.mails == []
    assert await stage.state(case) is State.CANCELLED
    assert await stage.why(case) == "its permit has run out"
