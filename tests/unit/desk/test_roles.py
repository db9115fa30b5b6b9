"""Who may do what, as a table."""

from typing import Any

import httpx
import pytest

from tests.unit.desk.fakes import OTHER, OWN, UNKNOWN, World, case

REVIEW = {"decision": "deny", "reason": "too many messages"}
CANCEL = {"reason": "they called"}
OPT_OUT = {"person": {"email": "c@example.org"}}

# route, then the status for each of the callers below
TABLE: list[tuple[str, str, dict[str, Any] | None, tuple[int, ...]]] = [
    ("GET", "/v1/cases", None, (401, 401, 200, 200, 200, 200, 200)),
    ("GET", f"/v1/cases/{OWN}", None, (401, 401, 200, 200, 200, 200, 200)),
    ("GET", f"/v1/cases/{OTHER}", None, (401, 401, 404, 404, 404, 200, 200)),
    ("GET", f"/v1/cases/{UNKNOWN}", None, (401, 401, 404, 404, 404, 404, 404)),
    ("GET", "/v1/conflicts", None, (401, 401, 200, 200, 200, 200, 200)),
    # 409: it was let through to the case, which policy (a fake) left as it was
    ("POST", f"/v1/cases/{OWN}/review", REVIEW, (401, 401, 403, 409, 409, 403, 409)),
    ("POST", f"/v1/cases/{OTHER}/review", REVIEW, (401, 401, 403, 404, 404, 403, 409)),
    ("POST", f"/v1/cases/{UNKNOWN}/review", REVIEW, (401, 401, 403, 404, 404, 403, 404)),
    ("POST", f"/v1/cases/{OWN}/cancel", CANCEL, (401, 401, 403, 409, 409, 403, 409)),
    ("POST", f"/v1/cases/{OTHER}/cancel", CANCEL, (401, 401, 403, 404, 404, 403, 409)),
    ("POST", f"/v1/cases/{UNKNOWN}/cancel", CANCEL, (401, 401, 403, 404, 404, 403, 404)),
    ("POST", "/v1/opt-outs", OPT_OUT, (401, 401, 403, 202, 202, 403, 422)),
    ("POST", "/v1/opt-outs", {**OPT_OUT, "tenant": "acme"}, (401, 401, 403, 202, 202, 403, 202)),
    ("POST", "/v1/opt-outs", {**OPT_OUT, "tenant": "globex"}, (401, 401, 403, 422, 422, 403, 422)),
    ("POST", "/v1/opt-outs", {**OPT_OUT, "scope": "installation"}, (401, 401, 403, 403, 403, 403, 422)),
]
CALLERS = (None, "aw_nobody", "aw_viewer", "aw_reviewer", "aw_admin", "aw_root_viewer", "aw_root")


def bearer(key: str | None) -> dict[str, str]:
    """The header of this key."""
    return {} if key is None else {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"), TABLE, ids=[f"{row[0]} {row[1]} {row[2] or ''}" for row in TABLE]
)
async def test_the_table_of_roles_holds(
    http: httpx.AsyncClient, method: str, path: str, body: Any, statuses: tuple[int, ...]
) -> None:
    """Every route, role and tenant gets what the table says."""
    answers = [await http.request(method, path, json=body, headers=bearer(caller)) for caller in CALLERS]
    assert tuple(answer.status_code for answer in answers) == statuses


def test_the_table_has_every_route(world: World) -> None:
    """A route that is added without a row here fails this test."""
    known = {(method, path.replace(OWN, "{case}")) for method, path, _, _ in TABLE}
    declared = {
        (method.upper(), path)
        for path, operations in world.app.openapi()["paths"].items()
        for method in operations
        if path.startswith("/v1/")
    }
    assert declared <= known


@pytest.mark.parametrize("path", ["/v1/cases/{}", "/v1/cases/{}/review", "/v1/cases/{}/cancel"])
async def test_another_tenants_case_is_the_unknown_one_to_the_byte(
    http: httpx.AsyncClient, path: str
) -> None:
    """A 404 does not tell whether the case exists elsewhere."""
    body = REVIEW if path.endswith("review") else CANCEL if path.endswith("cancel") else None
    answers = [
        await http.request(
            "POST" if body else "GET", path.format(name), json=body, headers=bearer("aw_admin")
        )
        for name in (OTHER, UNKNOWN)
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers


async def test_a_list_holds_the_callers_own_alone(http: httpx.AsyncClient) -> None:
    """A tenant's key lists its tenant's cases, the installation's lists all."""
    own = (await http.get("/v1/cases", headers=bearer("aw_viewer"))).json()["items"]
    every = (await http.get("/v1/cases", headers=bearer("aw_root"))).json()["items"]
    assert ([item["id"] for item in own], len(every)) == ([OWN], 2)


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, 'Bearer realm="afterword"'),
        ("Basic YTpi", 'Bearer realm="afterword"'),
        ("Bearer", 'Bearer realm="afterword"'),
        ("Bearer a b", 'Bearer realm="afterword"'),
        ("Bearer aw_nobody", 'Bearer realm="afterword", error="invalid_token"'),
    ],
)
async def test_a_401_says_how_to_come_in(http: httpx.AsyncClient, header: str | None, challenge: str) -> None:
    """The challenge is there, as RFC 9110 and RFC 6750 ask."""
    answer = await http.get("/v1/cases", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, challenge)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_stranger_learns_nothing_of_a_wrong_body(http: httpx.AsyncClient) -> None:
    """The key is looked at before the body is read, so bad JSON without a key is a 401."""
    answer = await http.post(
        f"/v1/cases/{OWN}/review", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 401


async def test_a_case_shows_no_personal_data_and_nothing_kept_for_machines(
    http: httpx.AsyncClient, world: World
) -> None:
    """Keys, cards, the candidate's words, the judged context and signatures stay inside."""
    text = (await http.get(f"/v1/cases/{OWN}", headers=bearer("aw_viewer"))).text
    stored = case()
    for secret in (stored["keys"][0], stored["card"], stored["reason"], "the whole context", 'sig"'):
        assert secret not in text
    assert "Three messages before the answer." in text
