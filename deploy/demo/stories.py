"""The stories, told in order: what is sent, what must become of it, and how that is seen."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from deploy.demo import checks, words
from deploy.demo.checks import Unexpected
from deploy.demo.platform import Json
from deploy.demo.scene import ACCEPTED, REVIEWER, UNAUTHORIZED, Ending, Scene
from shared.events import case_id, event_id

#: As deploy/demo/policy.yaml has it.
GRACE_S = 2
NOTHING_AGAINST = "no rule spoke against it"


@dataclass(frozen=True, slots=True)
class Story:
    """A story's name in ids, its title and what must become of it, and how it goes."""

    name: str
    title: str
    must: str
    play: Callable[[Scene], Ending]


def plain(scene: Scene) -> Ending:
    """Somebody was written to, and says no."""
    maya = scene.person("Maya Lindqvist")
    sent = scene.send(scene.platform.outreach(maya), scene.platform.decline(maya))
    scene.thanked(sent.cases[0], maya)
    return Ending("sent, one mail", NOTHING_AGAINST)


def twice(scene: Scene) -> Ending:
    """The platform had no answer to its webhook, and sends the very same once more."""
    jonas = scene.person("Jonas Weber")
    delivery = scene.platform.sign([scene.platform.outreach(jonas), scene.platform.decline(jonas)])
    first, second = scene.platform.post(delivery), scene.platform.post(delivery)
    checks.answered(ACCEPTED, first.status, "the webhook")
    checks.answered(ACCEPTED, second.status, "the webhook's repetition")
    if first != second:
        raise Unexpected("the repetition to get the same ids", f"{first} and {second}")
    scene.thanked(first.cases[0], jonas)
    return Ending("sent, one mail", "both deliveries are one case, by its id")


def alias(scene: Scene) -> Ending:
    """Thanked once, the same person says no under two other names."""
    phone = scene.phone()
    ada = scene.person("Ada Moreau", at="gmail.com", phone=phone)
    dotless = {**ada, "email": f"{ada['email'].partition('@')[0].replace('.', '')}+jobs@googlemail.com"}
    del dotless["phone"]
    elsewhere = scene.person("A Moreau", at="work.example", phone=phone)
    first = scene.send(scene.platform.outreach(ada), scene.platform.decline(ada))
    scene.thanked(first.cases[0], ada)
    by_mail = scene.send(scene.platform.decline(dotless))
    by_phone = scene.send(scene.platform.decline(elsewhere))
    scene.denied(by_mail.cases[0], "single.")
    ending = scene.denied(by_phone.cases[0], "single.")
    return Ending("one mail; two more cases denied", ending.why)


def pushy(scene: Scene) -> Ending:
    """Four messages in eight days, then a no."""
    tomas = scene.person("Tomas Novak")
    messages = [scene.platform.outreach(tomas, days_ago=days) for days in (8, 6, 4, 2)]
    sent = scene.send(*messages, scene.platform.decline(tomas))
    return scene.denied(sent.cases[0], "conduct.")


def unasked(scene: Scene) -> Ending:
    """A no to nothing: nobody wrote to this person, and nobody reports that they did."""
    lena = scene.person("Lena Brandt")
    before = scene.clock.now()
    sent = scene.send(scene.platform.decline(lena))
    ending = scene.denied(sent.cases[0], "provenance.no_outreach")
    checks.waited(scene.case(sent.cases[0]), before, GRACE_S)
    return Ending(f"waited {GRACE_S} s, then denied", ending.why)


def company(scene: Scene) -> Ending:
    """It was the company that said no."""
    ravi = scene.person("Ravi Menon")
    sent = scene.send(scene.platform.outreach(ravi), scene.platform.decline(ravi, who="company"))
    return scene.denied(sent.cases[0], "provenance.declined_by_company")


def race(scene: Scene) -> Ending:
    """Eight people say no, and "never again" while their thank-you is on its way."""
    people = [scene.person(f"Kim {letter}") for letter in "ABCDEFGH"]
    scene.send(*(scene.platform.outreach(person) for person in people))
    with ThreadPoolExecutor(len(people)) as pool:
        won = list(pool.map(lambda turn: _rush(scene, *turn), enumerate(people)))
    return Ending(
        f"{won.count(True)} sent before, {won.count(False)} never",
        "no send began after the answer to an opt-out; the others: consent.opted_out",
    )


def _rush(scene: Scene, turn: int, person: Json) -> bool:
    """Whether the mail was faster. Each opt-out comes a little later after its decline than the last one."""
    sent = scene.send(scene.platform.decline(person))
    scene.pause(turn * 0.06)
    answered_at = scene.opt_out(person)
    faster = checks.never_after(scene.case(sent.cases[0]), scene.stack.mails(), answered_at)
    if faster:
        scene.expected[person["email"]] += 1
    return faster


def never_again(scene: Scene) -> Ending:
    """Thanked, the person presses "never again" in the mail; months later another company hears a no."""
    sofia = scene.person("Sofia Rossi")
    first = scene.send(scene.platform.outreach(sofia), scene.platform.decline(sofia))
    thanked = scene.thanked(first.cases[0], sofia)
    scene.press_never_again(scene.mail_of(thanked))
    other = scene.other_platform
    later = scene.send(other.outreach(sofia, days_ago=1), other.decline(sofia), platform=other)
    ending = scene.denied(later.cases[0], "consent.opted_out")
    return Ending("the later decline is denied", ending.why)


def forged(scene: Scene) -> Ending:
    """Somebody without the secret invents a decline."""
    eve = scene.person("Eve Marlow")
    decline = scene.platform.decline(eve)
    not_the_secret = "whsec_" + "Zm9yZ2VkIQ=="
    answer = scene.platform.post(scene.platform.sign([decline], secret=not_the_secret))
    checks.answered(UNAUTHORIZED, answer.status, "a forged signature")
    source = scene.platform.source
    event = event_id(source.tenant, source.name, decline["id"])
    if scene.stack.knows(event) or scene.stack.case(case_id(event)) is not None:
        raise Unexpected("nothing to be stored of a forged delivery", f"{event}")
    return Ending("401, nothing stored", "no signature in webhook-signature is right")


def reviewed(scene: Scene) -> Ending:
    """The platform does not say who said no, so a person looks, and approves."""
    noor = scene.person("Noor Haddad")
    sent = scene.send(scene.platform.outreach(noor), scene.platform.decline(noor, who="unknown"))
    case = sent.cases[0]
    finding = scene.held(case, "provenance.unclear_who")
    scene.approve(case, "Their answer is on file: it was the candidate.")
    checks.by_reviewer(scene.thanked(case, noor), REVIEWER)
    return Ending("held, approved, sent", f"{finding.code}: {finding.says}")


def killed(scene: Scene) -> Ending:
    """Policy dies by kill -9 with declines in its hands, and more come in while it is away."""
    people = [scene.person(f"Sam {letter}") for letter in "ABCDEF"]
    for person in people:
        scene.send(scene.platform.outreach(person))
    cases = [scene.send(scene.platform.decline(person)).cases[0] for person in people[:3]]
    killed_process = scene.stack.kill_policy()
    cases += [scene.send(scene.platform.decline(person)).cases[0] for person in people[3:]]
    scene.stack.start_policy()
    for case, person in zip(cases, people, strict=True):
        scene.thanked(case, person)
    return Ending("six sent, one mail each", f"{killed_process}; the broker kept what was not done")


STORIES = (
    Story("plain", "A plain decline", "thanked", plain),
    Story("twice", "The same webhook twice", "one mail", twice),
    Story("alias", "The same person by an alias, by a phone number", "no second mail", alias),
    Story("pushy", "A recruiter who wrote four times", "denied", pushy),
    Story("sweet", "A recruiter who presses in sweet words", "denied", words.sweet),
    Story("unasked", "A decline nobody asked for", "waits, then denied", unasked),
    Story("company", 'A "no" from the company', "denied", company),
    Story("interest", "A decline whose words show interest", "held", words.interest),
    Story("wish", 'A roundabout "never again", then a later decline', "an opt-out at once", words.wish),
    Story("named", "A pitch and a link in place of a name", "thanked without a name", words.named),
    Story("race", "Opt-outs that race the send", "before the answer or never", race),
    Story("never", 'One-click "never again", then a later decline', "denied", never_again),
    Story("forged", "A forged signature", "refused", forged),
    Story("reviewed", "A decline held, and approved by a reviewer", "sent", reviewed),
    Story("killed", "The policy process killed with -9 in between", "nothing lost or doubled", killed),
)
