"""A language's data file: its words, classes and rules, checked as far as one file can be."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field

ReplyMeaning = Literal[
    "reply.decline",
    "reply.opt_out",
    "reply.later",
    "reply.interested",
    "reply.out_of_office",
    "reply.question",
    "reply.data_source",
    "reply.hostile",
    "reply.legal",
    "reply.wrong_person",
    "reply.third_person",
    "reply.life_event",
    "reply.minor",
    "reply.irritated",
    "reply.sarcasm",
    "reply.machine",
    "reply.keep_in_mind",
    "reply.oblique",
]
ConductMeaning = Literal[
    "conduct.pressure",
    "conduct.pushy",
    "conduct.guilt",
    "conduct.threat",
    "conduct.insult",
    "conduct.deception",
    "conduct.intrusive",
    "conduct.flirt",
    "conduct.urgency",
    "conduct.ignores_no",
    "conduct.machine",
]
ContentMeaning = Literal[
    "content.call_to_action",
    "content.question",
    "content.meeting",
    "content.referral",
    "content.feedback",
    "content.pitch",
    "content.perks",
    "content.urgency",
    "content.guilt",
    "content.flattery",
    "content.contact",
]
Meaning = ReplyMeaning | ConductMeaning | ContentMeaning
Within = Literal["clause", "sentence", "text"]
Subject = Literal["conduct", "reply", "content", "optout", "hostility"]

MEANINGS: tuple[str, ...] = (*get_args(ReplyMeaning), *get_args(ConductMeaning), *get_args(ContentMeaning))

#: `{name}`, and neither a count such as `{0,20}` nor a property such as `\p{Greek}`.
_CLASS = re.compile(r"(?<!\\p)\{([a-z_]+)\}")
_DEEPEST = 8


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleEntry(_Value):
    """One rule as a reviewer reads it. Around a hit (`unless_within`) all of `needs` and none of `unless` stand."""

    id: Annotated[str, Field(pattern=r"^[a-z]{2}\.[a-z_]+\.[a-z0-9_]+$")]
    meaning: Annotated[Meaning, Field(alias="is")]
    pattern: Annotated[str, Field(min_length=2)]
    within: Within = "clause"
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_within: Within = "sentence"
    means: Annotated[str, Field(min_length=8)]
    examples: Annotated[tuple[str, ...], Field(min_length=2)]
    near_misses: Annotated[tuple[str, ...], Field(min_length=2)]


class DataFile(_Value):
    """A whole file. `known` are words that look like misspelt keys and are none."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    covers: tuple[Subject, ...]
    words: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    classes: dict[str, str] = {}
    rules: tuple[RuleEntry, ...]


def parse(text: str) -> DataFile:
    """A data file from its YAML.

    Raises:
        pydantic.ValidationError: a field is not as it should be.
        yaml.YAMLError: it is no YAML.
    """
    # Every value is text: `on` and `no` are words here, and never true and false.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    return DataFile.model_validate(yaml.load(text, Loader=loader))  # noqa: S506 - builds text, lists and maps only


def expand(pattern: str, classes: Mapping[str, str]) -> str:
    """The pattern with each `{name}` as its class.

    Raises:
        KeyError: there is no such class.
        ValueError: a class contains itself.
    """
    for _ in range(_DEEPEST):
        if not _CLASS.search(pattern):
            return pattern
        pattern = _CLASS.sub(lambda found: f"(?:{classes[found[1]]})", pattern)
    raise ValueError(f"classes are nested deeper than {_DEEPEST}: {pattern[:60]}")
