"""Every answer of intake that is not a success; their slugs are the results that metrics count."""

import math

from shared.problems import Problem, invalid, unavailable

__all__ = [
    "body_too_large",
    "body_too_slow",
    "invalid",
    "not_in_force",
    "not_json",
    "overloaded",
    "server_away",
    "too_many",
    "unknown_source",
    "wrong_signature",
]

#: What is left of a body that was refused half-way is not worth reading.
_CLOSE = {"Connection": "close"}


def body_too_large(limit: int) -> Problem:
    """413."""
    return Problem(
        413,
        "body-too-large",
        "The body is too large",
        f"At most {limit} bytes are expected; send fewer events at a time.",
        headers=_CLOSE,
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


def wrong_signature(detail: str) -> Problem:
    """401; what to sign with is said in the header, as RFC 9110 asks."""
    headers = {"WWW-Authenticate": "StandardWebhooks"}
    return Problem(401, "wrong-signature", "The signature is not right", f"{detail}.", headers=headers)


def unknown_source() -> Problem:
    """404; a disabled source answers the same."""
    return Problem(
        404, "unknown-source", "There is no such source", "No source of this name takes deliveries."
    )


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
    """503, because this process holds as much as it may."""
    problem = unavailable(
        "More is on its way in than this process can hold. Send the same again.", retry_after_s=1
    )
    problem.headers |= _CLOSE
    return problem


def server_away(what: str) -> Problem:
    """503, because a server behind intake is away or full."""
    return unavailable(f"{what} Nothing is known to be taken; sending the same again is safe.")


def not_in_force(kept: bool) -> Problem:  # noqa: FBT001 - the one thing it depends on
    """503: a stop (opt-out, complaint, erasure, withdrawal) that nobody has said to be in force."""
    if kept:
        detail = (
            "It is kept and will be obeyed, but is not yet confirmed to be in force; send the same again."
        )
    else:
        detail = "It is not confirmed to be kept, nor to be in force; send the same again."
    return unavailable(detail)
