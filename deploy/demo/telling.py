"""Tells the stories one after the other, and looks at everything once more when all is quiet."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from deploy.demo import checks
from deploy.demo.checks import Unexpected
from deploy.demo.scene import Ending, Scene
from deploy.demo.stack import Stack
from deploy.demo.stories import STORIES, Story
from deploy.local.owner import ServerDied
from deploy.local.waiting import wait_until
from shared.clock import Clock

_QUIET_WITHIN_S = 10
#: What makes a story fail without ending the others.
_BROKE_OFF = (httpx.HTTPError, ServerDied, TimeoutError, RuntimeError, LookupError, OSError)


@dataclass(frozen=True, slots=True)
class Told:
    """A story and how it ended: as it must, or what was expected and found instead."""

    story: Story
    ending: Ending | None
    fault: str | None
    seconds: float


def tell(
    stack: Stack, clock: Clock, run: str, say: Callable[[str], None], stories: Sequence[Story] = STORIES
) -> list[Told]:
    """Every story with its ending, the look at the end among them."""
    expected: Counter[str] = Counter()
    told = []
    for number, story in enumerate(stories, start=1):
        say(f"{number:2}/{len(stories)} {story.title}")
        scene = Scene(stack, clock, run, story.name, expected)
        told.append(_tell(story, scene))
    say("Looking at everything once more, now that all is quiet")
    scene = Scene(stack, clock, run, LAST_LOOK.name, expected)
    told.append(_tell(LAST_LOOK, scene))
    return told


def _tell(story: Story, scene: Scene) -> Told:
    began = scene.clock.now()
    ending, fault = None, None
    try:
        ending = story.play(scene)
    except Unexpected as error:
        fault = str(error)
    except _BROKE_OFF as error:
        fault = f"expected it to go through; found {type(error).__name__}: {error}"
    return Told(story, ending, fault, (scene.clock.now() - began).total_seconds())


def last_look(scene: Scene) -> Ending:
    """Queues empty, nobody mailed more or less than told, every timeline and signature right."""
    try:
        wait_until(lambda: not any(scene.stack.left_over().values()), timeout_s=_QUIET_WITHIN_S, what="quiet")
    except TimeoutError:
        checks.nothing_left(scene.stack.left_over())
    own = [mail for mail in scene.stack.mails() if any(scene.run in address for address in mail.to)]
    checks.nothing_doubled(scene.expected, own)
    result = scene.stack.verify()
    checks.verified(result)
    return Ending(f"{len(own)} mails in all", f"case verify: {result[1].splitlines()[-1]}")


LAST_LOOK = Story("last", "All of it, looked at once more", "nothing left, no fault", last_look)
