"""`afterword migrate`: the servers as this version expects them."""

import asyncio

import typer

from shared.migrate import migrate as bring_up_to_date
from shared.settings import Mongo, Rabbit, load

app = typer.Typer()


@app.command()
def migrate() -> None:
    """Create indexes, exchanges and queues; safe to run twice, and by two at once."""
    asyncio.run(bring_up_to_date(load(Mongo).mongo_url, load(Rabbit).amqp_url))
