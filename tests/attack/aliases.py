"""Attacks on who somebody is: spellings, several identifiers, several recruiters, several houses."""

from shared.events import Person
from tests.attack.plot import Plot


def self_made(plot: Plot) -> None:
    """A recruiter answers himself from mailboxes of his own; what goes out goes to himself, slowly."""
    who = plot.person()
    plot.allow(1, beyond=True)
    plot.wrote(who, -30)
    plot.no(who, -1)


def spellings(plot: Plot) -> None:
    """One mailbox in many spellings: dots, tags, case, full width, letters that nobody sees."""
    name = "".join(plot.rng.choices("abcdefgh", k=10)) + str(plot.attempt.number)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in name)
    forms = [
        f"{name}@gmail.com",
        f"{name[:3]}.{name[3:]}@gmail.com",
        f"{name}+jobs@gmail.com",
        f"{name.upper()}@GoogleMail.com",
        f"{wide}@gmail.com",
        f"{name[:2]}\u200b{name[2:]}@gmail.com",
        f" {name[0]}.{name[1:]}+x+y@googlemail.com ",
    ]
    plot.rng.shuffle(forms)
    plot.allow(1)
    for number, form in enumerate(forms[: plot.rng.randrange(2, 6)]):
        late = plot.rng.choice([0, 24 * number])
        if number == 0:
            plot.wrote(plot.person(email=form), -90)
        plot.no(plot.person(email=form), -1, arrives=late, by=f"r{number}")


def linked(plot: Plot) -> None:
    """Two mailboxes of one person, tied by a phone or a profile in one of its spellings."""
    digits = f"{plot.rng.randrange(10**6):06d}"
    phones = [f"+49 171 2{digits}", f"0049-171-2{digits}", f"+491712{digits}"]
    slug = f"{plot.key}-x"
    urls = [
        f"https://www.linkedin.com/in/{slug}/",
        f"linkedin.com/in/{slug.upper()}?trk=a",
        f"http://de.linkedin.com/in/{slug}",
    ]
    plot.allow(1)
    for number in range(plot.rng.randrange(2, 4)):
        tie = (
            {"phone": plot.rng.choice(phones)}
            if plot.attempt.number % 2
            else {"profile_urls": (plot.rng.choice(urls),)}
        )
        who = plot.person(email=f"{plot.key}.{number}@example.org", **tie)
        plot.wrote(who, -200 + 50 * number, arrives=0, by=f"r{number}")
        plot.no(who, -1, arrives=plot.rng.choice([0, 24 * number]), by=f"r{number}")


def split(plot: Plot) -> None:
    """Two mailboxes that nothing ties at first; the tie is reported before the second no."""
    one = plot.person(email=f"{plot.key}.a@example.org")
    two = plot.person(email=f"{plot.key}.b@example.org")
    plot.allow(1)
    plot.wrote(one, -90)
    plot.no(one, -1)
    for mailbox in (one.email, two.email):
        tie = Person(email=mailbox, external_id=plot.key)
        plot.wrote(tie, -80, arrives=3, source="crm", direction="reply", text=None)
    plot.no(two, -1, arrives=plot.rng.choice([12, 48]))


def untied(plot: Plot) -> None:
    """Two mailboxes of one person that nobody ever tied: to every reader two people."""
    plot.allow(2, beyond=True)
    for letter in "ab":
        who = plot.person(email=f"{plot.key}.{letter}@example.org")
        plot.wrote(who, -90)
        plot.no(who, -1)


def look_alikes(plot: Plot) -> None:
    """Letters of another alphabet in the address after the real one was thanked; the profile stays the
    same.
    """
    url = (f"https://github.com/{plot.key}",)
    plot.allow(1)
    for number, name in enumerate([plot.key, plot.key.replace("a", "\u0430").replace("o", "\u043e")]):
        who = plot.person(email=f"{name}@example.org", profile_urls=url)
        plot.wrote(who, -90)
        plot.no(who, -1, arrives=24 * number)


def tangle(plot: Plot) -> None:
    """Dozens of identifiers tied to the target, so that nobody can tell who was thanked before."""
    who = plot.person()
    plot.wrote(who, -90)
    for number in range(9):
        urls = tuple(f"https://{plot.key}-{number}-{n}.example/me" for n in range(5))
        plot.wrote(Person(email=who.email, profile_urls=urls), -80, direction="reply", text=None)
    plot.no(who, -1, arrives=3)


def taking_turns(plot: Plot) -> None:
    """Several recruiters of one house, each with a message and a no of their own."""
    who = plot.person()
    plot.allow(1)
    names = [f"turn{number}" for number in range(plot.rng.randrange(2, 5))]
    together = plot.rng.random() < 0.5
    for number, name in enumerate(names):
        at = -200 + 50 * number if together else 24 * number
        plot.wrote(who, at - 10, arrives=max(0, at), by=name)
        plot.no(who, -1 if together else at, arrives=max(0, at), by=name)


def many_tenants(plot: Plot) -> None:
    """Several houses thank the same person, one day after the other: from the fourth on somebody looks."""
    who = plot.person()
    plot.allow(1, tenants=3)
    for number in range(plot.rng.randrange(4, 8)):
        house = f"{plot.tenant}-{number}"
        plot.wrote(who, -60, tenant=house)
        plot.no(who, 24 * number - 1, arrives=24 * number, tenant=house)


def many_tenants_at_once(plot: Plot) -> None:
    """The same at one moment, so that none sees the others."""
    who = plot.person()
    plot.allow(1, tenants=3)
    for number in range(plot.rng.randrange(4, 8)):
        house = f"{plot.tenant}-{number}"
        plot.wrote(who, -60, tenant=house)
        plot.no(who, 2, tenant=house)


def spray(plot: Plot) -> None:
    """Short messages to very many for the sake of their nos: of one sender nineteen get through a month."""
    plot.crowd(f"{plot.tenant}/spray", 19)
    plot.allow(1)
    sender = "spray"
    who = plot.person()
    plot.begins = plot.begins.replace(day=1, hour=6)
    day = 24 * (plot.attempt.number % 8)
    plot.wrote(who, day - 20, arrives=day, by=sender)
    plot.no(who, day - 1, arrives=day, by=sender)


def rush(plot: Plot) -> None:
    """A new sender's whole yield at one moment: ten a day, and not one more."""
    plot.crowd(f"{plot.tenant}/rush", 10)
    plot.allow(1)
    plot.begins = plot.begins.replace(day=2, hour=6)
    who = plot.person()
    plot.wrote(who, -40, by="rush")
    for other in range(2):
        plot.wrote(plot.person(email=f"{plot.key}-{other}@example.org"), -40, by="rush")
    plot.no(who, -1, by="rush")
