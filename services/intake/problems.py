"""Every answer of intake that is not a success; their slugs are the results that metrics count.

Most are told as they are. What would tell a stranger which sources there are is seen by operators alone.
"""

import math

from shared.problems import RETRY_AFTER_S, Problem, invalid

__all__ = [
    "body_too_large",
    "body_too_slow",
    "broker_away",
    "invalid",
    "no_greeting",
    "not_in_force",
    "not_json",
    "overloaded",
    "sources_away",
    "told",
    "too_many",
    "unknown_source",
    "unverified",
    "wrong_signature",
]

#: What is left of a body that was refused half-way is not worth reading.
_CLOSE = {"Connection": "close"}
#: RFC 9110 asks for what to sign with; it is the same for every kind of source.
_UNVERIFIED = {"WWW-Authenticate": "StandardWebhooks"}


def body_too_large(limit: int, *, close: bool) -> Problem:
    """413."""
    return Problem(
        413,
        "body-too-large",
        "The body is too large",
        f"At most {limit} bytes are expected; send fewer events at a time.",
        headers=_CLOSE if close else None,
    )


def body_too_slow(seconds: float) -> Problem:
    """408."""
    return Problem(
        408,
        "body-too-slow",
        "The body came too slowly",
        f"A body is expected to be here within {seconds:g} s.",
        headers=_CLOSE,
    )


def not_json(detail: str) -> Problem:
    """415."""
    return Problem(415, "not-json", "The content type is not JSON", detail)


def no_greeting() -> Problem:
    """405: not a delivery, and no greeting of any kind of source; the same for every name."""
    return Problem(
        405,
        "method-not-allowed",
        "Method Not Allowed",
        "Deliveries come by POST; this is no greeting of any kind of source.",
        headers={"Allow": "POST"},
    )


def unverified() -> Problem:
    """401, which tells neither the names nor the kinds of the sources that there are."""
    return Problem(
        401,
        "unverified",
        "The delivery cannot be verified",
        "No source of this name takes what is signed like this. Check the name in the URL and the secret; "
        "`afterword source watch NAME` says why.",
        headers=_UNVERIFIED,
    )


def wrong_signature(detail: str) -> Problem:
    """What operators see of a missing or a wrong signature; its sender is `told` less."""
    return Problem(401, "wrong-signature", "The signature is not right", f"{detail}.")


def unknown_source() -> Problem:
    """What operators see of a name that is no source, or a disabled one; its sender is `told` less."""
    return Problem(
        401, "unknown-source", "There is no such source", "No source of this name takes deliveries."
    )


def told(problem: Problem) -> Problem:
    """What the sender is told of it."""
    return unverified() if problem.slug in {"wrong-signature", "unknown-source"} else problem


def too_many(wait_s: float) -> Problem:
    """429."""
    return Problem(
        429,
        "too-many",
        "Too many deliveries",
        "More deliveries came than this source may send; send the same again after the time in Retry-After.",
        headers={"Retry-After": str(max(1, math.ceil(wait_s)))},
    )


def overloaded() -> Problem:
    """503: this process holds as much as it may."""
    return _unavailable(
        "overloaded", "More is on its way in than this process can hold. Send the same again.", 1
    )


def broker_away() -> Problem:
    """503: there is no broker to bring events to, or it takes none."""
    return _unavailable("broker-away", "The message broker is away or full. Send the same again.")


def sources_away() -> Problem:
    """503: nobody can say which sources there are."""
    return _unavailable("sources-away", "The sources' configuration cannot be read. Send the same again.")


def not_in_force(*, kept: bool) -> Problem:
    """503: a stop (opt-out, complaint, erasure, withdrawal) that nobody has said to be in force."""
    if kept:
        detail = (
            "It is kept and will be obeyed, but is not yet confirmed to be in force. Send the same again."
        )
    else:
        detail = "It may be kept, but is not confirmed to be in force. Send the same again."
    return _unavailable("not-in-force", detail)


def _unavailable(slug: str, detail: str, retry_after_s: int = RETRY_AFTER_S) -> Problem:
    headers = {"Retry-After": str(retry_after_s)}
    return Problem(503, slug, "Not available at this moment", detail, headers=headers)
