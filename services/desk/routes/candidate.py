"""The candidate's own pages. The link is the right to use them: no session, no cookie, no account.

GET and HEAD change nothing, because mail scanners open links. POST needs no more than the link (RFC 8058).
"""

import math
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from services.desk.limits import TokenBuckets
from services.desk.pages import Pages
from services.desk.views import Views
from services.desk.wishes import NotInForce, Wishes, wish
from shared import events
from shared.clock import Clock
from shared.links import LinkSigner
from shared.problems import RETRY_AFTER_S, responses
from shared.store.client import Document

_HTML: dict[int | str, dict[str, Any]] = {
    404: {
        "description": "No such link. The same page for every link that is not ours.",
        "content": {"text/html": {}},
    },
    429: {"description": "Too many requests from one address.", "content": {"text/html": {}}},
}
_AWAY = {"description": "The database is away.", "content": {"text/html": {}}}
_KEPT = {
    "description": "Not confirmed in time; the page says whether the wish is kept.",
    "content": {"text/html": {}},
}


class Candidates:
    """Answers candidates' requests."""

    def __init__(self, views: Views, links: LinkSigner, stops: Wishes, pages: Pages, clock: Clock) -> None:
        self._views = views
        self._links = links
        self._stops = stops
        self._pages = pages
        self._clock = clock

    async def page(self, token: str, *, action: str) -> HTMLResponse:
        """Why the mail came, and the one button, which posts to ``action``, relative to this page."""
        case = await self._case(token)
        if case is None:
            return self._pages.unknown()
        company = await self._views.company(case["tenant"])
        declined_at: datetime = case.get("declined_at") or case["received_at"]
        return self._pages.why(company=company, declined_at=declined_at, action=action)

    async def never(self, token: str, traceparent: str | None) -> HTMLResponse:
        """Obeys, and answers once it is in force. Pressing again is the same event, and changes nothing."""
        case = await self._case(token)
        if case is None:
            return self._pages.unknown()
        event = wish(
            case["tenant"],
            events.OptOutReceived(case=case["_id"], scope="installation"),
            key=f"never:{case['_id']}",
            now=self._clock.now(),
            subject=case["_id"],
            traceparent=traceparent,
        )
        try:
            await self._stops.in_force(event)
        except NotInForce as error:
            return self._pages.later(kept=error.kept, retry_after_s=RETRY_AFTER_S)
        return self._pages.done()

    async def _case(self, token: str) -> Document | None:
        """The case behind a token.

        A token is checked first, in constant time and by the key alone; one that we did not make never causes
        a read. So whether a case exists shows neither in the page nor in the time, and only who holds a true
        link learns anything.
        """
        case = self._links.case(token)
        return None if case is None else await self._views.linked_case(case)


def routes(candidates: Candidates, buckets: TokenBuckets, pages: Pages) -> APIRouter:
    """GET, HEAD /c/{token} and POST /c/{token}/never."""

    class Limited(APIRoute):
        def get_route_handler(self) -> Any:
            handle = super().get_route_handler()

            async def limited(request: Request) -> Response:
                wait_s = buckets.wait_s(request.client.host if request.client else None)
                return pages.slow_down(math.ceil(wait_s)) if wait_s else await handle(request)

            return limited

    router = APIRouter(
        prefix="/c", tags=["candidate"], route_class=Limited, default_response_class=HTMLResponse
    )

    @router.get("/{token}", responses={**_HTML, 503: _AWAY}, response_class=HTMLResponse)
    @router.head("/{token}", include_in_schema=False)
    async def why(token: str) -> HTMLResponse:
        """Why you got this message, and one button: never again. Opening it changes nothing."""
        return await candidates.page(token, action=f"{token}/never")

    @router.get("/{token}/never", include_in_schema=False)
    @router.head("/{token}/never", include_in_schema=False)
    async def ask_first(token: str) -> HTMLResponse:
        """For mail programs without one-click, which open the List-Unsubscribe address: the same page."""
        return await candidates.page(token, action="never")

    @router.post(
        "/{token}/never",
        responses={**_HTML, **responses({413: "The body is too large."}), 503: _KEPT},
        response_class=HTMLResponse,
    )
    async def never(token: str, request: Request) -> HTMLResponse:
        """Never again, from anybody here: by the form, by one-click (RFC 8058), or with no body at all."""
        await request.body()  # nothing in it matters; a body that is too large is refused here
        return await candidates.never(token, request.headers.get("traceparent"))

    return router
