"""The candidate's pages, over fakes."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx
import pytest

from tests.unit.desk.fakes import OWN, UNKNOWN, World


class Page(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


async def pages(http: httpx.AsyncClient, world: World) -> dict[str, httpx.Response]:
    """Every page there is."""
    token = world.links.token(OWN)
    found = {
        "why": await http.get(f"/c/{token}"),
        "why, from the header's link": await http.get(f"/c/{token}/never"),
        "done": await http.post(f"/c/{token}/never"),
        "unknown": await http.get("/c/nonsense"),
    }
    world.stops.word = None
    found["kept"] = await http.post(f"/c/{token}/never")
    world.stops.on = False
    found["not kept"] = await http.post(f"/c/{token}/never")
    for _ in range(60):
        found["slow down"] = await http.get(f"/c/{token}")
    assert {name: answer.status_code for name, answer in found.items()} == {
        "why": 200,
        "why, from the header's link": 200,
        "done": 200,
        "unknown": 404,
        "kept": 503,
        "not kept": 503,
        "slow down": 429,
    }
    return found


async def test_pages_hold_no_script_and_nothing_from_elsewhere(http: httpx.AsyncClient, world: World) -> None:
    """No page runs anything or tells anybody else that it was opened."""
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "p",
        "section",
        "form",
        "button",
    }
    for name, answer in (await pages(http, world)).items():
        page = Page(answer.text)
        assert {tag for tag, _ in page.tags} <= allowed, name
        for _, attributes in page.tags:
            assert not {key for key in attributes if key.startswith("on") or key in {"src", "href", "style"}}
        assert "//" not in re.sub(r"<!doctype html>", "", answer.text), name
        assert "url(" not in answer.text, name


async def test_pages_forbid_the_browser_everything_but_their_style_and_form(
    http: httpx.AsyncClient, world: World
) -> None:
    """The strict policy, and no trace of the link anywhere: referrer, cache, search engine, cookie."""
    for answer in (await pages(http, world)).values():
        policy = answer.headers["content-security-policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        assert re.fullmatch(r"style-src 'sha256-[A-Za-z0-9+/]{43}='", policy[1])
        assert set(policy[2:]) == {"form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"}
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "set-cookie" not in answer.headers


async def test_the_hash_in_the_policy_is_that_of_the_style(http: httpx.AsyncClient, world: World) -> None:
    """Otherwise the browser would show the page without its style."""
    answer = await http.get(f"/c/{world.links.token(OWN)}")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


async def test_the_page_says_who_when_and_why_with_one_button(http: httpx.AsyncClient, world: World) -> None:
    """In plain words; the company's name is text and never markup."""
    token = world.links.token(OWN)
    answer = await http.get(f"/c/{token}")
    page = Page(answer.text)
    assert "Acme &lt;b&gt;&amp; Söhne&lt;/b&gt;" in answer.text
    assert "2 March 2026" in answer.text
    assert [tag for tag, _ in page.tags].count("button") == 1
    assert ("html", {"lang": "en"}) in page.tags
    assert ("form", {"method": "post", "action": f"{token}/never"}) in page.tags
    assert "never" in [attributes.get("id") for tag, attributes in page.tags if tag == "section"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/c/{}", "/c/{}/never"])
async def test_opening_a_link_changes_nothing(
    http: httpx.AsyncClient, world: World, method: str, path: str
) -> None:
    """Mail scanners open every link there is."""
    answer = await http.request(method, path.format(world.links.token(OWN)))
    assert answer.status_code == 200
    assert world.stops.asked == world.stops.published == []


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),  # RFC 8058
        (b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
         "multipart/form-data; boundary=b"),  # RFC 8058 allows it as well
        (b"", "application/x-www-form-urlencoded"),  # the page's own button
        (b"", None),
    ],
)  # fmt: skip
async def test_one_press_is_enough_in_whatever_form(
    http: httpx.AsyncClient, world: World, content: bytes, content_type: str | None
) -> None:
    """No session, no cookie, no second page: 200 once policy has it in force, for the whole installation."""
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await http.post(f"/c/{world.links.token(OWN)}/never", content=content, headers=headers)
    (event,) = world.stops.asked
    assert answer.status_code == 200
    assert (event.tenant, event.source, event.subject) == ("acme", "/desk", OWN)
    assert event.data.model_dump(exclude_none=True) == {"case": OWN, "scope": "installation"}


async def test_pressing_twice_is_one_event(http: httpx.AsyncClient, world: World) -> None:
    """The same id and the same digest, whenever it is pressed."""
    for _ in range(2):
        await http.post(f"/c/{world.links.token(OWN)}/never")
        world.clock.advance(world.clock.now() - world.clock.now().replace(hour=0))
    first, second = world.stops.asked
    assert (first.id, first.digest) == (second.id, second.digest)


@pytest.mark.parametrize(("on", "says"), [(True, "We have kept your wish"), (False, "could not be stored")])
async def test_without_an_answer_the_page_says_whether_the_wish_is_kept(
    http: httpx.AsyncClient,
    world: World,
    on: bool,  # noqa: FBT001 - a row's column
    says: str,
) -> None:
    """503 with Retry-After, so that a mail provider presses again by itself."""
    world.stops.word, world.stops.on = None, on
    answer = await http.post(f"/c/{world.links.token(OWN)}/never")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert says in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_link_that_is_not_ours_is_the_same_404(
    http: httpx.AsyncClient, world: World, method: str
) -> None:
    """Forged, cut or for an unknown case: the same bytes, and a forged one causes no read."""
    token = world.links.token(OWN)
    forged = [
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'Q'}",
        token[:-3],
        token.partition(".")[0],
        "x",
        OWN,
        "a" * 2000,
    ]
    path = "/c/{}/never" if method == "POST" else "/c/{}"
    answers = [await http.request(method, path.format(text)) for text in forged]
    assert world.views.reads == []
    answers.append(await http.request(method, path.format(world.links.token(UNKNOWN))))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(answer.headers.items()) for answer in answers}) == 1
    assert world.stops.asked == []


async def test_an_address_that_floods_waits_and_others_do_not(http: httpx.AsyncClient, world: World) -> None:
    """Each address has its own bucket, which fills again with time."""
    for _ in range(60):
        assert (await http.get("/c/x")).status_code == 404
    answer = await http.get("/c/x")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    other = httpx.ASGITransport(world.app, client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=other, base_url="http://desk") as elsewhere:
        assert (await elsewhere.get("/c/x")).status_code == 404
    world.seconds += 0.1
    assert (await http.get("/c/x")).status_code == 404
