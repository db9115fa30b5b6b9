"""Who may do what on the broker: one user for each service, by the names of shared/topology.py."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rights:
    """A service's rights on the broker, as regular expressions, and the routing keys it may publish."""

    configure: str
    write: str
    read: str
    routing_keys: str


_FORWARD = r"afterword\.(dead|wait\.\d+s)"
#: amq.default: replies to a waiting sender go through the default exchange.
RIGHTS: Mapping[str, Rights] = {
    "intake": Rights("^$", r"^afterword\.events$", "^$", "^(fact|lookup|stop|delivery)$"),
    # reads what is its own, says what it found or fetched, and passes on what it must put off or give up
    "worker": Rights(
        "^$", rf"^(afterword\.events|{_FORWARD})$", r"^afterword\.worker\.", "^(fact|stop|delivery)$"
    ),
    "desk": Rights("^$", r"^afterword\.events$", "^$", "^(stop|review)$"),
    "policy": Rights(
        "^$",
        rf"^(afterword\.events|{_FORWARD}|amq\.default)$",
        r"^afterword\.policy\.",
        r"^(followup\.|forgotten$)",
    ),
    "notifier": Rights("^$", rf"^(afterword\.events|{_FORWARD})$", r"^afterword\.notifier\.", r"^followup\."),
}
