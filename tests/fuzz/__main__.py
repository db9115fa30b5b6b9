"""`make fuzz SECONDS=600`: goes on for a while, each time with another seed, every kind in turn."""

import argparse
import secrets
import sys
import time
from itertools import cycle

from services.intake.sources import SOURCES
from tests.fuzz.adapters import Broken, fuzz


def main() -> int:
    """How many were tried, or the first that broke an adapter."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    ending = time.monotonic() + options.seconds
    tried = dict.fromkeys(SOURCES, 0)
    running = {kind: fuzz(kind, seed) for kind in SOURCES}
    for kind in cycle(SOURCES):
        if time.monotonic() > ending:
            break
        try:
            tried[kind] = next(running[kind])
        except Broken as broken:
            print(broken)
            return 1
    print(f"{sum(tried.values())} deliveries, {min(tried.values())} or more of each kind: nothing broke")
    return 0


if __name__ == "__main__":
    sys.exit(main())
