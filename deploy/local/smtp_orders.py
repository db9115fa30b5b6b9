"""What an SMTP server is told to do to some recipient, instead of taking the mail."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

#: From anybody, for anybody.
ANYBODY = "*"


@dataclass(slots=True)
class Order:
    """What to do to a recipient: at RCPT or after DATA, answer `reply`, or break off when there is none."""

    at: Literal["rcpt", "data"]
    reply: str | None
    #: How many times still; None is always.
    times: int | None
    keep: bool = False


@dataclass
class Orders:
    """Orders by recipient, given in one thread and carried out in another."""

    _orders: dict[str, list[Order]] = field(default_factory=dict, init=False)
    _giving: Lock = field(default_factory=Lock, init=False)

    def refuse(
        self, address: str, reply: str = "550 5.1.1 No such user here", times: int | None = None
    ) -> None:
        """Refuse a recipient for good, at RCPT."""
        self._order(address, Order("rcpt", reply, times))

    def refuse_for_now(
        self,
        address: str,
        reply: str = "451 4.7.1 Try again later",
        *,
        at: Literal["rcpt", "data"] = "rcpt",
        times: int | None = 1,
    ) -> None:
        """Refuse a recipient temporarily, so many times (None: always), at RCPT or after DATA."""
        self._order(address, Order(at, reply, times))

    def refuse_content(
        self, address: str, reply: str = "554 5.7.1 Not this", times: int | None = None
    ) -> None:
        """Refuse for good after DATA."""
        self._order(address, Order("data", reply, times))

    def drop_after_data(self, address: str = ANYBODY, *, keep: bool = True, times: int | None = 1) -> None:
        """Break the connection off after DATA, before any answer: the sender cannot know whether the mail was
        kept.
        """
        self._order(address, Order("data", None, times, keep))

    def countermand(self) -> None:
        """Forget all orders."""
        with self._giving:
            self._orders.clear()

    def _order(self, address: str, order: Order) -> None:
        with self._giving:
            self._orders.setdefault(address, []).append(order)

    def take_order(self, at: Literal["rcpt", "data"], addresses: list[str]) -> Order | None:
        """The next thing to do to one of these recipients, counted as done."""
        with self._giving:
            for address in (*addresses, ANYBODY):
                for order in self._orders.get(address, []):
                    if order.at == at and order.times != 0:
                        order.times = None if order.times is None else order.times - 1
                        return order
        return None
