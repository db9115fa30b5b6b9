"""`make attack`: seeded attempts to misuse Afterword, through its real services, and what came of them.

Ends with 1 if one mail went out that should not have.
"""

import argparse
import asyncio
import logging
import sys
import time
from secrets import token_hex

import structlog

from deploy.local.servers import servers
from shared import topology
from tests.attack.draw import draw
from tests.attack.play import Play
from tests.attack.truth import Report, report
from tests.attack.world import world


async def attack(amqp_url: str, mongo_url: str, *, attempts: int, seed: int) -> Report:
    """Draws the attempts, plays them on this vhost and database, and holds the outcome against the truth."""
    drawn = draw(seed, attempts)
    async with world(amqp_url, mongo_url) as stage:
        played = await Play(stage, drawn, seed).run()
        return report(drawn, played, list(stage.smtp.mails))


def main() -> int:
    """Runs it and prints the table."""
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    parser.add_argument("--attempts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with servers(say=print) as found:
        name = f"attack-{token_hex(4)}"
        found.rabbitmq.add_vhost(name)
        found.rabbitmq.set_policies(topology.policies(), name)
        started = time.monotonic()
        told = asyncio.run(
            attack(
                found.rabbitmq.url(name),
                found.mongodb.url(name),
                attempts=options.attempts,
                seed=options.seed,
            )
        )
    print(told.table())
    print(f"\nseed {options.seed}, {time.monotonic() - started:.0f} s, {told.total.forbidden} forbidden")
    for breach in told.breaches:
        print(f"  {breach}")
    return 1 if told.total.forbidden else 0


if __name__ == "__main__":
    sys.exit(main())
