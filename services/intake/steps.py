"""What is to be done at a platform to connect it, in its own words.

`make docs` cuts it out of docs/sources.
"""

from importlib import resources


def steps(kind: str) -> str:
    """The steps for this kind of source, as Markdown."""
    return (resources.files("services.intake.sources") / "steps" / f"{kind}.md").read_text("utf-8")
