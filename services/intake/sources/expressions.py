"""JMESPath (jmespath.org) with bounds: an expression of an operator's must not become endless work.

What could make much out of little is left out: long expressions, more than a few multi-selects, functions
that write whole trees. The rest is counted while it runs.
"""

from functools import lru_cache
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter
from pydantic import AfterValidator, StringConstraints

from shared.errors import Invalid

MAX_LENGTH = 300
MAX_MULTI_SELECTS = 4
#: Steps of one evaluation, and items of any list or letters of any text that comes of one.
MAX_STEPS = 10_000
MAX_SIZE = 50_000

_FUNCTIONS = frozenset(
    {"contains", "ends_with", "join", "length", "max_by", "min_by", "not_null", "sort_by", "starts_with"}
    | {"to_array", "to_number", "type"}
)
_MULTI_SELECTS = frozenset({"multi_select_list", "multi_select_dict"})


class _TooMuch(Exception):
    """The evaluation takes more than it may."""


class _Functions(Functions):
    """As they are defined, but that whole numbers are joined too, for ids often are such."""

    @signature({"types": ["string"]}, {"types": ["array"]})
    def _func_join(self, separator: str, parts: list[Any]) -> str:
        if not all(type(part) in {str, int} for part in parts):
            raise JMESPathError("join takes text and whole numbers")
        return separator.join(map(str, parts))


class _Bounded(TreeInterpreter):
    """Evaluates one expression once."""

    def __init__(self) -> None:
        super().__init__(jmespath.Options(custom_functions=_Functions()))
        self._steps = 0

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _TooMuch
        value = super().visit(node, *args, **kwargs)
        if isinstance(value, list | str) and len(value) > MAX_SIZE:
            raise _TooMuch
        return value

    def visit_flatten(self, node: Any, value: Any) -> Any:
        """As it is defined; looks at the size before it makes the list, for a few of these make millions."""
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        parts = [item if isinstance(item, list) else [item] for item in base]
        if sum(map(len, parts)) > MAX_SIZE:
            raise _TooMuch
        return [item for part in parts for item in part]


def evaluate(expression: str, value: Any) -> Any:
    """What the expression finds in the value; None for nothing, and where what it compares is no such thing.

    Raises Invalid where that would take more work than agreed.
    """
    try:
        return _Bounded().visit(_compiled(expression).parsed, value)
    except (_TooMuch, RecursionError):
        raise Invalid.at("", f"the expression {expression!r} takes too much work on this") from None
    except (JMESPathError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _checked(expression: str) -> str:
    try:
        parsed = _compiled(expression).parsed
    except (JMESPathError, RecursionError, ValueError) as error:
        raise ValueError(f"no JMESPath expression: {str(error).splitlines()[0]}") from None
    nodes = list(_nodes(parsed))
    unknown = {str(node["value"]) for node in nodes if node["type"] == "function_expression"} - _FUNCTIONS
    if unknown:
        told = f"{', '.join(sorted(unknown))}: not one of the functions {', '.join(sorted(_FUNCTIONS))}"
        raise ValueError(told)
    if sum(node["type"] in _MULTI_SELECTS for node in nodes) > MAX_MULTI_SELECTS:
        raise ValueError(f"at most {MAX_MULTI_SELECTS} multi-selects are expected")
    return expression


def _nodes(node: Any) -> list[Any]:
    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += [child for child in one["children"] if isinstance(child, dict)]
    return found


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)


#: An expression in a configuration.
Expression = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH), AfterValidator(_checked)]
