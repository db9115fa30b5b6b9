"""The candidate's pages: plain, accessible HTML without script, cookie or anything from elsewhere."""

import base64
import hashlib
from datetime import datetime
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def english_date(at: datetime) -> str:
    """The day in words, for instance 2 March 2026, whatever the machine's locale."""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def _policy(style: str) -> str:
    """Content-Security-Policy (level 3): this one style by its hash, forms to ourselves, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f"style-src 'sha256-{digest}'; form-action 'self'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; frame-ancestors 'none'"


class Pages:
    """Renders; decides nothing."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._style = (_TEMPLATES / "style.css").read_text("utf-8")
        self._headers = {"Content-Security-Policy": _policy(self._style), "Content-Language": "en"}

    def why(self, *, company: str, declined_at: datetime, action: str) -> HTMLResponse:
        """Why the message came, and the button. ``action``: where it posts to, relative to the page."""
        return self._page("why.html", company=company, declined=english_date(declined_at), action=action)

    def done(self) -> HTMLResponse:
        """The wish is in force."""
        return self._page("done.html")

    def later(self, *, kept: bool, retry_after_s: int) -> HTMLResponse:
        """The wish is not confirmed: kept or, truthfully, not."""
        return self._page("later.html", 503, retry_after_s, kept=kept)

    def away(self, retry_after_s: int) -> HTMLResponse:
        """Nothing could be read or kept."""
        return self._page("away.html", 503, retry_after_s)

    def slow_down(self, retry_after_s: int) -> HTMLResponse:
        """Too many requests from one address."""
        return self._page("slow_down.html", 429, retry_after_s)

    def unknown(self) -> HTMLResponse:
        """No link of ours: the same bytes for every reason."""
        return self._page("unknown.html", 404)

    def _page(
        self, template: str, status: int = 200, retry_after_s: int | None = None, **values: object
    ) -> HTMLResponse:
        headers = (
            self._headers if retry_after_s is None else {**self._headers, "Retry-After": str(retry_after_s)}
        )
        html = self._templates.get_template(template).render(style=self._style, **values)
        return HTMLResponse(html, status, headers=headers)
