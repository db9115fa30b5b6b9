"""A platform on a real port of this machine: it answers as its documents say, and misbehaves when told to."""

import base64
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.integration.http_server import serving

Fault = Callable[[Request], Awaitable[Response]]

CLIENT, SECRET, TOKEN = "client", "secret", "a-token"
KEY, ACCOUNT = "a-key", "an-account"
CANDIDATE = {
    "id": 7,
    "first_name": "Ada",
    "last_name": "Example",
    "email_addresses": [{"value": "ada@example.org", "type": "personal"}],
    "phone_numbers": [{"value": "+4915112345678", "type": "mobile"}],
    "social_media_addresses": [{"value": "https://www.linkedin.com/in/ada-example"}],
    "can_email": True,
}


def email(identity: int, at: str, sender: str, to: str, body: str) -> dict[str, Any]:
    """An e-mail on a candidate's record at Greenhouse."""
    return {
        "id": identity,
        "candidate_id": 7,
        "type": "EMAIL",
        "created_at": at,
        "email_from": sender,
        "to": to,
        "subject": "Hello",
        "body": body,
        "user_id": 3,
    }


OUTREACH = email(
    11,
    "2026-06-02T09:00:00.000Z",
    "Rey <rey@acme.example>",
    "ada@example.org",
    "<p>We build bridges. Would you like to talk?</p>",
)
REPLY = email(12, "2026-06-03T10:00:00Z", "ada@example.org", "rey@acme.example", "Thank you, not interested.")


class StandIn:
    """What it knows, what it was asked, and what it does wrong next."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.faults: deque[Fault] = deque()
        self.candidates: dict[str, Any] = {"7": CANDIDATE}
        self.applications: dict[str, Any] = {"101": {"id": 101, "candidate_id": 7}}
        self.notes: list[Any] = [OUTREACH, REPLY]
        #: Notes a page.
        self.per_page = 1
        self.opportunity: dict[str, Any] = {}
        self.activities: list[Any] = []
        #: Of the one application at SmartRecruiters: each status and its time, and why the last came.
        self.statuses: list[tuple[str, str]] = []
        self.status_reason: dict[str, Any] = {}
        #: Of the one application at Teamtailor: what it says of its rejection, and whose no its reason is.
        self.rejection: dict[str, Any] = {}
        self.rejected_by_company: bool | None = None

    async def answer(self, request: Request) -> Response:
        """The answer to any request: a fault if there is one, else what its platform would say."""
        self.asked.append(request.url.path)
        if self.faults:
            return await self.faults.popleft()(request)
        path, given = request.url.path, request.headers.get("authorization", "")
        if path == "/token":
            return await self._token(request, given)
        token = request.headers.get("x-account-token")
        known: dict[str, tuple[bool, Callable[[Request], Response]]] = {
            "/v3/": (given == f"Bearer {TOKEN}", self._harvest),
            "/v1/opportunities/": (given == basic(KEY, ""), self._lever),
            "/api/ats/v1/": ((given, token) == (f"Bearer {KEY}", ACCOUNT), self._merge),
            "/candidates/": (request.headers.get("x-smarttoken") == KEY, self._smartrecruiters),
            "/v1/job-applications/": (given == f"Token token={KEY}", self._teamtailor),
        }
        for prefix, (may, says_what) in known.items():
            if path.startswith(prefix):
                return says_what(request) if may else _refused()
        return await self._ashby(request) if given == basic(KEY, "") else _refused()

    async def _token(self, request: Request, given: str) -> Response:
        form = (await request.body()).decode()
        if given != basic(CLIENT, SECRET) or form != "grant_type=client_credentials":
            return _refused()
        return JSONResponse({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})

    def _harvest(self, request: Request) -> Response:
        query = request.query_params
        if request.url.path == "/v3/notes":
            start = int(query.get("cursor", "0"))
            end = start + self.per_page
            headers = {"Link": f'<{self.url}/v3/notes?cursor={end}>; rel="next"'}
            return JSONResponse(self.notes[start:end], headers=headers if end < len(self.notes) else {})
        known = self.candidates if request.url.path == "/v3/candidates" else self.applications
        found = known.get(query["ids"])
        return JSONResponse([found] if found else [])

    def _merge(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/api/ats/v1/")
        if path == "activities":
            start = int(request.query_params.get("cursor", "0"))
            more = start + 1 < len(self.activities)
            page = {"next": str(start + 1) if more else None, "results": self.activities[start : start + 1]}
            return JSONResponse(page)
        if path != "applications/a1" or request.query_params["expand"] != "candidate,credited_to":
            return JSONResponse({"detail": "Not found."}, 404)
        candidate = {**CANDIDATE, "id": "c1"}
        user = {"id": "u1", "first_name": "Rey", "last_name": "R", "email": "rey@acme.example"}
        return JSONResponse({"id": "a1", "candidate": candidate, "credited_to": user})

    def _lever(self, _: Request) -> Response:
        return JSONResponse({"data": self.opportunity})

    def _smartrecruiters(self, request: Request) -> Response:
        path = request.url.path
        application = "/candidates/c1/jobs/j1"
        if path == f"{application}/status/history":
            content = [{"changedOn": at, "status": status, "actions": {}} for at, status in self.statuses]
            return JSONResponse({"totalFound": len(content), "content": content})
        if path == application:
            return JSONResponse({"status": self.statuses[-1][1], **self.status_reason})
        if path != "/candidates/c1":
            return JSONResponse({"message": "Not found", "errors": []}, 404)
        web = {"linkedin": "https://www.linkedin.com/in/ada-example"}
        name = {"firstName": "Ada", "lastName": "Example"}
        return JSONResponse({"id": "c1", **name, "email": "ada@example.org", "web": web})

    def _teamtailor(self, request: Request) -> Response:
        if request.headers.get("accept") != "application/vnd.api+json":
            return JSONResponse({"errors": [{"title": "Not acceptable"}]}, 406)
        if request.headers.get("x-api-version") != "20240904":
            return JSONResponse({"errors": [{"title": "Invalid API version"}]}, 400)
        if request.query_params.get("include") != "candidate,stage,reject-reason":
            return JSONResponse({"errors": [{"title": "Invalid field"}]}, 400)
        if request.url.path != "/v1/job-applications/901":
            return JSONResponse({"errors": [{"title": "Record not found"}]}, 404)
        person = {"first-name": "Ada", "last-name": "Example", "email": "ada@example.org"}
        related: dict[str, Any] = {
            "candidate": {"type": "candidates", "id": "7", "attributes": person},
            "stage": {"type": "stages", "id": "3", "attributes": {"name": "Inbox"}},
        }
        if self.rejected_by_company is not None:
            why = {"reason": "Took another offer", "rejected-by-company": self.rejected_by_company}
            related["reject-reason"] = {"type": "reject-reasons", "id": "5", "attributes": why}
        links = {
            name: {"data": {"type": one["type"], "id": one["id"]}} if one else {"data": None}
            for name in ("candidate", "stage", "reject-reason")
            for one in [related.get(name)]
        }
        data = {"id": "901", "type": "job-applications", "attributes": self.rejection, "relationships": links}
        answer = {"data": data, "included": list(related.values())}
        return JSONResponse(answer, media_type="application/vnd.api+json")

    async def _ashby(self, request: Request) -> Response:
        body = json.loads(await request.body())
        if request.url.path == "/application.info" and body == {"applicationId": "a1"}:
            return JSONResponse({"success": True, "results": {"id": "a1", "candidate": {"id": "c1"}}})
        if request.url.path == "/candidate.info" and body == {"id": "c1"}:
            person = {"id": "c1", "name": "Ada Example", "primaryEmailAddress": {"value": "ada@example.org"}}
            return JSONResponse({"success": True, "results": person})
        return JSONResponse({"success": False, "errors": ["candidate_not_found"]})


@asynccontextmanager
async def open_platform() -> AsyncIterator[StandIn]:
    """A platform that answers, until the end of the block."""
    stand_in = StandIn()

    async def whatever(request: Request) -> Response:
        return await stand_in.answer(request)

    app = Starlette(routes=[Route("/{path:path}", whatever, methods=["GET", "POST"])])
    async with serving(app) as stand_in.url:
        yield stand_in


def basic(user: str, password: str) -> str:
    """The header of HTTP Basic authentication."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def says(status: int, body: bytes | str = b"{}", **headers: str) -> Fault:
    """A fault that is an answer; ``_`` in names of headers stands for ``-``."""

    async def fault(_: Request) -> Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return Response(body, status, {"content-type": "application/json"} | told)

    return fault


def _refused() -> Response:
    return JSONResponse({"message": "Unauthorized"}, 401)
