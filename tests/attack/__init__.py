"""The attacker: seeded attempts by mixed strategies, played against the real policy and the real notifier."""
