"""`afterword dead ...`: look at the dead letters, send them back once their cause is mended, or drop them
for good.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import aio_pika
import typer
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError, PublishError

from shared import topology
from shared.bus_session import open_channel
from shared.errors import NotFound

app = typer.Typer(name="dead", help="Dead letters: look, replay, drop.", no_args_is_help=True)

#: What is done with a dead letter; whether it was.
_Work = Callable[[AbstractChannel, AbstractIncomingMessage], Awaitable[bool]]
_Limit = Annotated[int, typer.Option("--limit", min=1, help="How many at most.")]
_Only = Annotated[str | None, typer.Option("--id", help="Only the message with this id.")]


@dataclass(slots=True)
class _Round:
    """How many dead letters there were, how many of them were meant, and with how many it was done."""

    there: int
    meant: int = 0
    done: int = 0


async def _each(limit: int, only: str | None, work: _Work, *, keep: bool = False) -> _Round:
    """Gives dead letters to ``work`` until it was done with so many; these go, unless all are to be kept, and
    the others go back as they were.

    Only those that are there now: one that is sent back and dies again meanwhile would be met without end.
    """
    left: AbstractIncomingMessage | None = None
    async with open_channel() as channel:
        queue = await channel.declare_queue(topology.DEAD_QUEUE, passive=True)
        found = _Round(queue.declaration_result.message_count or 0)
        for _ in range(found.there):
            if found.done == limit or (message := await queue.get(fail=False)) is None:
                break
            meant = only is None or message.message_id == only
            found.meant += meant
            done = meant and await work(channel, message)
            found.done += done
            if done and not keep:
                await message.ack()
            else:
                left = message
        if left:
            # with all that were left before it, so that no more than one is ever held here
            await left.nack(multiple=True, requeue=True)
    return found


def _round(limit: int, only: str | None, work: _Work) -> _Round:
    """What came of it. Raises NotFound where the one that was named is not there."""
    found = asyncio.run(_each(limit, only, work))
    if only is not None and not found.meant:
        raise NotFound(f"there is no dead letter {only!r}; `afterword dead list` shows those that are")
    return found


def _origin(message: AbstractIncomingMessage) -> str:
    return str(
        message.headers.get("x-queue") or message.headers.get("x-first-death-queue") or message.routing_key
    )


def _line(message: AbstractIncomingMessage) -> dict[str, Any]:
    try:
        events = [{"id": event["id"], "type": event["type"]} for event in json.loads(message.body)]
    except (ValueError, TypeError, LookupError):
        events = []
    return {
        "id": message.message_id,
        "queue": _origin(message),
        "why": str(message.headers.get("x-why") or message.headers.get("x-first-death-reason")),
        "died_at": str(message.headers.get("x-died-at", "")),
        "events": events,
    }


@app.command("list")
def list_(limit: _Limit = 100) -> None:
    """Print each dead letter as a line of JSON: where it was going, why it died, which events it holds."""

    async def tell(_channel: AbstractChannel, message: AbstractIncomingMessage) -> bool:
        typer.echo(json.dumps(_line(message)))
        return True

    asyncio.run(_each(limit, None, tell, keep=True))


@app.command()
def replay(limit: _Limit = 100, only: _Only = None) -> None:
    """Send dead letters back to the queue they came from. Events are idempotent: what was handled stays
    handled. Exit 1 where one cannot go back; it stays where it is.
    """
    stuck = Counter[str]()

    async def send_back(channel: AbstractChannel, message: AbstractIncomingMessage) -> bool:
        body = aio_pika.Message(
            message.body,
            content_type=message.content_type,
            message_id=message.message_id,
            correlation_id=message.correlation_id,
            type=message.type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )
        queue = _origin(message)
        try:
            await channel.default_exchange.publish(body, routing_key=queue, mandatory=True)
        except DeliveryError as error:
            stuck[f"{queue} is {'not there' if isinstance(error, PublishError) else 'full'}"] += 1
            return False
        return True

    found = _round(limit, only, send_back)
    for why, count in stuck.items():
        typer.echo(f"{count} cannot go back: the queue {why}", err=True)
    left = (found.there if only is None else found.meant) - found.done
    typer.echo(f"{found.done} sent back" + (f", {left} left" if left else ""))
    if stuck:
        raise typer.Exit(1)


@app.command()
def drop(only: Annotated[str, typer.Option("--id", help="The message to drop for good.")]) -> None:
    """Drop one dead letter for good."""

    async def let_go(_channel: AbstractChannel, _message: AbstractIncomingMessage) -> bool:
        return True

    typer.echo(f"{_round(1, only, let_go).done} dropped")
