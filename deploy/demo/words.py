"""The stories of what was said: by a recruiter, by a candidate, and in a name that is none."""

from deploy.demo import checks
from deploy.demo.scene import Ending, Scene
from deploy.demo.stack import Case
from services.policy.text import conduct
from services.policy.text.lexicon import lexicon

SWEET = (
    "Dear Zoe, your work is a joy to read! I already told the hiring manager you would say yes, "
    "so please don't let me down."
)
SOFT_NO = "That is kind of you, but I am happy where I am. Thank you."
INTEREST = "That sounds wonderful, I would love to hear more. When could we talk?"
WISH = "I'd rather this inbox stayed free of such letters for good."
#: One that is nothing but letters, as a name is, and one with a link.
NO_NAMES = ("Ivy Lang book a call", "Ida Berg apply.example")


def sweet(scene: Scene) -> Ending:
    """One friendly message that leaves no room for a no, and a soft no all the same."""
    zoe = scene.person("Zoe Martin")
    sent = scene.send(scene.platform.outreach(zoe, text=SWEET), scene.platform.decline(zoe, text=SOFT_NO))
    case = scene.case(sent.cases[0])
    checks.denied(case, scene.stack.mails(), "conduct.")
    return Ending("denied, no mail", _evidence(case, sent.event_ids[0], SWEET))


def _evidence(case: Case, message: str, text: str) -> str:
    """The words that each finding rests on.

    A decision names message and rule and never repeats the words, which stay sealed; who has the message
    finds them again by the same rules.
    """
    findings = conduct.findings(text, lexicon(), where=message)
    checks.rests_on(case, message, {(found.code, str(found.evidence["rule"])) for found in findings})
    said = sorted(((found.code, str(found.evidence["words"])) for found in findings), key=_length)
    longest = dict(said)
    return "; ".join(f'{code}: "{words}"' for code, words in sorted(longest.items()))


def _length(said: tuple[str, str]) -> int:
    return len(said[1])


def interest(scene: Scene) -> Ending:
    """The platform reports a no, and the candidate's words are a yes."""
    omar = scene.person("Omar Farah")
    sent = scene.send(scene.platform.outreach(omar), scene.platform.decline(omar, text=INTEREST))
    finding = scene.held(sent.cases[0], "provenance.text_disagrees")
    return Ending("waits for a reviewer", f"{finding.code}: {finding.says}")


def wish(scene: Scene) -> Ending:
    """No word of a list or of mails, and yet a "never again"; the next no of this person meets it.

    At the other company: the race brings the first one near the number of opt-outs that holds all of it.
    """
    other, nora = scene.other_platform, scene.person("Nora Lund")
    sent = scene.send(other.outreach(nora), other.decline(nora, text=WISH), platform=other)
    scene.denied(sent.cases[0], "consent.opted_out_in_words")
    later = scene.send(other.decline(nora, text=SOFT_NO), platform=other)
    ending = scene.denied(later.cases[0], "consent.opted_out")
    checks.opted_out_by(scene.case(later.cases[0]), sent.event_ids[1])
    return Ending("both are denied", ending.why)


def named(scene: Scene) -> Ending:
    """Whoever fills in a candidate's name could write to them in it, under our greeting."""
    people = [{**scene.person(" ".join(name.split()[:2])), "name": name} for name in NO_NAMES]
    cases = [scene.send(scene.platform.outreach(one), scene.platform.decline(one)).cases[0] for one in people]
    for case, person in zip(cases, people, strict=True):
        checks.unnamed(scene.mail_of(scene.thanked(case, person)), person["name"])
    return Ending("two sent, greeted by no name", f'no name was believed: "{NO_NAMES[0]}", "{NO_NAMES[1]}"')
