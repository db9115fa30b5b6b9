"""Attacks on what happened: invented, back-dated, edited and repeated declines, conduct passed off as
decent.
"""

from shared import events
from tests.attack.plot import Plot


def honest(plot: Plot) -> None:
    """The control: a decent message, a reminder at times, a plain no. It must come through."""
    who = plot.person(timezone=plot.rng.choice([None, "Europe/Berlin", "America/Lima", "Asia/Tokyo"]))
    plot.allow(1)
    if plot.rng.random() < 0.3:
        plot.wrote(who, -200)
    plot.wrote(who, -plot.rng.uniform(24, 150))
    plot.no(who, -plot.rng.uniform(0.2, 3))


def invented(plot: Plot) -> None:
    """A no that answers nothing, or a message from so long ago that nobody answers it any more."""
    who = plot.person()
    if plot.rng.random() < 0.4:
        plot.wrote(who, -24 * plot.rng.uniform(181, 400))
    plot.no(who, -1, reason=plot.rng.choice([None, "not looking"]))
    if plot.rng.random() < 0.3:
        plot.no(who, 20)


def outreach_after(plot: Plot) -> None:
    """The no first, the message that it should answer later: by its own date, or by the same one."""
    who = plot.person()
    plot.no(who, -1)
    plot.wrote(who, plot.rng.choice([-1, -0.9, 0, 2]), arrives=0)


def back_dated(plot: Plot) -> None:
    """The message is reported hours after the no was refused, dated before it."""
    who = plot.person()
    plot.no(who, -1)
    plot.wrote(who, -plot.rng.uniform(2, 90), arrives=plot.rng.choice([6, 12, 48]))


def misdated(plot: Plot) -> None:
    """A no from the future, or one that is long over."""
    who = plot.person()
    at = plot.rng.choice([-24 * 31, -24 * 90, 7, 24 * 30])
    plot.wrote(who, min(at, 0) - 24)
    plot.no(who, at, arrives=0)


def forged_history(plot: Plot) -> None:
    """Who holds a source's key invents the message together with the no: no machine can tell."""
    who = plot.person()
    plot.allow(1, beyond=True)
    plot.wrote(who, -plot.rng.uniform(1, 60))
    plot.no(who, -0.5)


def company_no(plot: Plot) -> None:
    """The company's own no; at times told once more, under the same id, as the candidate's."""
    who = plot.person()
    plot.wrote(who, -48)
    plot.no(who, -1, who="company", sent_id=f"{plot.key}-no")
    if plot.rng.random() < 0.6:
        plot.no(who, -1, arrives=6, sent_id=f"{plot.key}-no")


def unclear_no(plot: Plot) -> None:
    """Nobody says whose no it was, and no reviewer looks."""
    who = plot.person()
    plot.wrote(who, -48)
    plot.no(who, -1, who="unknown")


def edited(plot: Plot) -> None:
    """The same ids again with what would have made it right."""
    who = plot.person()
    late = plot.wrote(who, 1, sent_id=f"{plot.key}-out")
    plot.no(who, -1, sent_id=f"{plot.key}-no")
    plot.say(late.data, -48, arrives=6, sent_id=late.sent_id)
    plot.no(who, 5, arrives=9, sent_id=f"{plot.key}-no", text="I have to say no.")


def machine_no(plot: Plot) -> None:
    """A no by API, seconds after the message."""
    who = plot.person()
    plot.wrote(who, -1)
    plot.no(who, -1 + plot.rng.uniform(0.001, 9.9) / 3600)


def repeated(plot: Plot) -> None:
    """One no many times: as it was, under new ids, by two sources, at one moment and later."""
    who = plot.person(external_id=plot.key)
    plot.allow(1)
    plot.wrote(who, -48)
    plot.wrote(who, -48, source="crm")
    for number in range(plot.rng.randrange(2, 6)):
        plot.no(
            who,
            -1,
            sent_id=plot.rng.choice(["", f"{plot.key}-no"]),
            source=plot.rng.choice(["ats", "crm"]),
            text="No, thank you.",
            arrives=plot.rng.choice([0, 0, 3 * number]),
        )


def burst(plot: Plot) -> None:
    """Three messages within a day, its very end included, by one or by several, then a real no."""
    who = plot.person()
    spread = plot.rng.choice([0.1, 3, 12, 24])
    for at in (0, spread / 2, spread):
        plot.wrote(who, -100 + at, by=plot.rng.choice(["", "second", "third"]))
    plot.no(who, -1)


def insisting(plot: Plot) -> None:
    """Three or more messages without an answer, slow enough to be no burst."""
    who = plot.person()
    for number in range(plot.rng.randrange(3, 7)):
        plot.wrote(who, -500 + 30 * number, by=plot.rng.choice(["", "second"]))
    plot.no(who, -1)


def channels(plot: Plot) -> None:
    """Mail, then a profile message or a call within three days."""
    who = plot.person()
    plot.wrote(who, -100, channel="email")
    plot.wrote(who, -100 + plot.rng.choice([0.1, 24, 72]), channel=plot.rng.choice(["linkedin", "phone"]))
    plot.no(who, -1)


def writing_on(plot: Plot) -> None:
    """Another message after the no, by anybody of the house, by any alias."""
    who = plot.person(external_id=plot.key)
    again = plot.rng.choice([who, events.Person(external_id=plot.key)])
    plot.allow(1)
    plot.wrote(who, -48)
    plot.no(who, -1)
    plot.wrote(again, 1, arrives=plot.rng.choice([0, 3]), by=plot.rng.choice(["", "second"]), ends=True)
    plot.no(who, 30)


def slow_drip(plot: Plot) -> None:
    """The same person again and again over days, each time with a fresh message and a fresh no."""
    who = plot.person()
    plot.allow(1)
    for day in range(plot.rng.randrange(3, 9)):
        plot.wrote(who, 24 * day - 12, arrives=24 * day, by=f"drip{day}")
        plot.no(who, 24 * day - 1, arrives=24 * day, by=f"drip{day}")


def relabelled(plot: Plot) -> None:
    """The company's own no, told once more under another id as the candidate's."""
    who = plot.person()
    plot.wrote(who, -48)
    plot.no(who, -2, who="company")
    plot.no(who, -1, arrives=plot.rng.choice([0, 6]))


def flooded(plot: Plot) -> None:
    """A burst, which somebody else reported, pushed out of the memory by dozens of invented replies."""
    who = plot.person()
    for minute in range(3):
        plot.wrote(who, -200 + minute / 60, source="mail")
    for number in range(50):
        plot.wrote(who, -150 + number, direction="reply", text=None)
    plot.wrote(who, -48, arrives=3)
    plot.no(who, -1, arrives=3)
