"""Draws attempts by mixed strategies from one seed: the same seed draws the same ones. Pure."""

import random
from collections.abc import Callable

from tests.attack import aliases, forging, wishes
from tests.attack.plot import Attempt, Plot

Strategy = Callable[[Plot], None]
CONTROL: Strategy = forging.honest

#: How often each is drawn, beside the others.
STRATEGIES: dict[Strategy, int] = {
    strategy: weight
    for weight, group in (
        (6, [CONTROL]),
        (4, [aliases.spellings, aliases.spray, aliases.rush, wishes.opted_out]),
        (1, [forging.flooded]),
        (
            2,
            [
                *(forging.invented, forging.outreach_after, forging.back_dated, forging.misdated),
                *(forging.forged_history, forging.company_no, forging.unclear_no, forging.edited),
                *(forging.machine_no, forging.repeated, forging.burst, forging.insisting),
                *(forging.channels, forging.writing_on, forging.slow_drip, forging.relabelled),
                *(aliases.self_made, aliases.linked, aliases.split, aliases.untied, aliases.look_alikes),
                *(aliases.tangle, aliases.taking_turns),
                *(aliases.many_tenants, aliases.many_tenants_at_once),
                *(wishes.never_anywhere, wishes.unwanted, wishes.withdrawn, wishes.bribed_for_denied),
                *(wishes.bribed_for_held, wishes.held_too_long, wishes.replayed),
                *(wishes.replayed_after_stop, wishes.smuggled, wishes.pitched, wishes.zone_tricks),
                *(wishes.other_words, wishes.earlier_words, wishes.pressed),
            ],
        ),
    )
    for strategy in group
}
#: Attempts that share a house. Few, so that the bad name which one attack earns does not stop the next one
#: before its own safeguard is asked.
_TOGETHER = 6
#: A limit is only met by many.
_CROWDS: dict[Strategy, int] = {aliases.spray: 40, aliases.rush: 30}
#: So many of a hundred attack from one house where all strategies meet.
_MIXED_PERCENT = 10


def draw(seed: int, count: int) -> list[Attempt]:
    """So many attempts, each strategy at least once."""
    rng = random.Random(seed)  # noqa: S311 - the same attacks for the same seed are the purpose
    names = list(STRATEGIES)
    chosen = [*names, *rng.choices(names, [STRATEGIES[name] for name in names], k=max(0, count - len(names)))]
    seen: dict[Strategy, int] = dict.fromkeys(names, 0)
    attempts = []
    for number, strategy in enumerate(chosen[:count]):
        house = f"{strategy.__name__.replace('_', '-')}-{seen[strategy] // _CROWDS.get(strategy, _TOGETHER)}"
        if strategy is not CONTROL and strategy not in _CROWDS and rng.randrange(100) < _MIXED_PERCENT:
            house = "mixed"
        seen[strategy] += 1
        attempt = Attempt(strategy.__name__, number)
        strategy(Plot(rng, attempt, house, f"rec-{number}"))
        attempts.append(attempt)
    return attempts
