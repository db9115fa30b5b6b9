"""Which given names are short for which: the entries of given_names.yaml."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml
from pydantic import TypeAdapter

from services.policy.spellings import Fold


@cache
def _entries() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The spellings of each name, with its short forms."""
    text = (resources.files("services.policy") / "given_names.yaml").read_text("utf-8")
    read = TypeAdapter(dict[str, str]).validate_python(yaml.safe_load(text))
    return tuple((tuple(names.split()), tuple(short.split())) for names, short in read.items())


@cache
def _stands_for(fold: Fold) -> tuple[Mapping[str, frozenset[int]], Mapping[str, frozenset[int]]]:
    """The entries in which a word is the name, and those in which it is short for it."""
    found: tuple[dict[str, set[int]], dict[str, set[int]]] = (defaultdict(set), defaultdict(set))
    for number, entry in enumerate(_entries()):
        for words, into in zip(entry, found, strict=True):
            for form in frozenset[str]().union(*map(fold, words)):
                into[form].add(number)
    whole, short = ({form: frozenset(numbers) for form, numbers in into.items()} for into in found)
    return whole, short


def one_name(one: frozenset[str], other: frozenset[str], fold: Fold) -> bool:
    """Whether two words, each in its forms by `fold`, are a name and its other spelling or short form.

    Two short forms of one name are two names: Beth and Lisa may be sisters.
    """
    whole, short = _stands_for(fold)
    (my_names, my_shorts), (its_names, its_shorts) = (
        (_among(whole, words), _among(short, words)) for words in (one, other)
    )
    return bool(my_names & its_names or my_names & its_shorts or my_shorts & its_names)


def _among(entries: Mapping[str, frozenset[int]], words: frozenset[str]) -> frozenset[int]:
    return frozenset[int]().union(*(entries.get(word, frozenset()) for word in words))
