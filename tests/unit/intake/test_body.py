"""The body: bounded in size, in time, and in what all of them hold together."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from services.intake import body
from services.intake.body import UNCOUNTED_BYTES, Held
from services.intake.limits import Bound, Share
from shared.problems import Problem


def parts(*chunks: bytes, then: Message | None = None) -> Receive:
    """A body in these parts; where nothing comes ``then``, the sender stops and holds the line."""
    left = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]

    async def receive() -> Message:
        if left:
            return left.pop(0)
        if then is None:
            await asyncio.Event().wait()
        return then or {}

    return receive


#: What a server says at the end of a body, and of a sender who left.
END: Message = {"type": "http.request", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


async def test_a_body_is_read_whole() -> None:
    """In whatever parts it comes."""
    with Held(Share(Bound(10))) as held:
        assert await body.read_body(parts(b"ab", b"", b"cd", then=END), held, 4) == b"abcd"


@pytest.mark.parametrize(("count", "close"), [(2, None), (100, "close")])
async def test_a_body_over_the_limit_is_refused_while_it_comes(count: int, close: str | None) -> None:
    """Its length need not be told beforehand; the line is closed on one that does not end."""
    with Held(Share(Bound(4))) as held, pytest.raises(Problem) as refused:
        await body.read_body(parts(*[b"abc"] * count, then=END), held, 4)
    assert refused.value.status == 413
    assert refused.value.headers.get("Connection") == close


async def test_a_body_that_trickles_is_cut() -> None:
    """The line is for others too."""
    with Held(Share(Bound(100))) as held, pytest.raises(Problem) as refused:
        await body.read_body(parts(b"x"), held, 4, timeout_s=0.01)
    assert refused.value.status == 408


async def test_a_sender_who_leaves_is_told_of() -> None:
    """Nobody waits for the rest."""
    with Held(Share(Bound(100))) as held, pytest.raises(ClientDisconnect):
        await body.read_body(parts(b"x", then=GONE), held, 4)


#: Longer than what is held of any body, and how long it may be.
LONG, LIMIT = b"x" * (UNCOUNTED_BYTES + 1), 10 * UNCOUNTED_BYTES


async def test_bodies_are_bounded_together() -> None:
    """A flood is answered, not stored; and what was held is free again."""
    bound = Bound(2 * len(LONG))
    with bound.share() as other:
        other.grow(len(LONG))
        with Held(Share(bound)) as held, pytest.raises(Problem) as refused:
            await body.read_body(parts(LONG, LONG, then=END), held, LIMIT)
        assert refused.value.status == 503
        assert "Retry-After" in refused.value.headers
        assert bound.free == len(LONG)


async def test_a_short_body_needs_no_room() -> None:
    """However much is held already."""
    with Held(Share(Bound(0))) as held:
        assert await body.read_body(parts(LONG[:-1], then=END), held, LIMIT) == LONG[:-1]


@pytest.mark.parametrize("room", [0, len(LONG) - 1, len(LONG), len(LONG) + 2])
async def test_what_nobody_can_have_signed_is_let_go_where_there_is_no_room(room: int) -> None:
    """Not refused: as many zeros stand for it, and it is held no more. It is refused as any other is."""
    share, spare = Bound(len(LONG) + 3), Bound(room)
    with Held(Share(share), Share(spare)) as held:
        read = await body.read_body(parts(LONG, b"abc", then=END), held, LIMIT)
        assert read == bytes(len(LONG) + 3)
        assert (share.free, spare.free) == (0, room)
    with Held(Share(share), Share(spare)) as held, pytest.raises(Problem) as refused:
        await body.read_body(parts(LONG, b"abcd", then=END), held, LIMIT)
    assert refused.value.status == 503
    assert (share.free, spare.free) == (len(LONG) + 3, room)


async def test_what_nobody_can_have_signed_is_read_where_there_is_room() -> None:
    """So that all is tried on it that is tried on any other."""
    share, spare = Bound(LIMIT), Bound(len(LONG))
    with Held(Share(share), Share(spare)) as held:
        assert await body.read_body(parts(LONG, then=END), held, LIMIT) == LONG
        assert spare.free == 0
    assert spare.free == len(LONG)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON ; Charset="UTF-8"',
        "application/json\ntext/plain",  # it came twice: the first counts
        "application/json;v=1",
        "application/cloudevents-batch+json; charset=utf-8",
        "message/rfc822",
        'Message/RFC822; charset="iso-8859-1"',
        "message/global",
    ],
)
def test_json_in_utf_8_and_mail_are_taken(content_type: str) -> None:
    """In every spelling."""
    body.check_headers({"content-type": content_type, "content-length": "100"}, 100)


@pytest.mark.parametrize("length", [{}, {"content-length": "0"}, {"content-length": "0" * 5000}])
def test_an_empty_body_needs_no_type(length: dict[str, str]) -> None:
    """A platform may greet by a POST that holds nothing."""
    body.check_headers(length, 100)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": "801"}, 413),
        ({"content-length": "9" * 5000}, 413),
        ({"content-length": "-1"}, 413),
        ({"content-length": "\u0664"}, 413),
        ({"content-type": ""}, 415),
        ({"content-type": "", "content-length": "0", "transfer-encoding": "chunked"}, 415),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json-seq"}, 415),
        ({"content-type": "application/+json"}, 415),
        ({"content-type": "text/x+json"}, 415),
        ({"content-type": "message/partial"}, 415),
        ({"content-type": "message/rfc822", "content-encoding": "gzip"}, 415),
        ({"content-type": "application/json; charset=utf-16"}, 415),
        ({"content-encoding": "gzip"}, 415),
    ],
)
def test_headers_alone_are_enough_to_refuse(headers: dict[str, str], status: int) -> None:
    """Without reading a byte of the body."""
    with pytest.raises(Problem) as refused:
        body.check_headers({"content-type": "application/json", "content-length": "1"} | headers, 100)
    assert refused.value.status == status
