"""The desk's own description."""

from typing import Any

import pytest
from pydantic import BaseModel

from services.desk import models
from tests.unit.desk.fakes import World

SUCCESS = {"200", "202"}


def operations(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Every operation under its name."""
    paths = world.app.openapi()["paths"]
    return [
        (f"{method} {path}", found) for path, methods in paths.items() for method, found in methods.items()
    ]


def test_every_refusal_is_declared_as_a_problem(world: World) -> None:
    """Programs' refusals are problems; FastAPI's own error shape is nowhere."""
    document = world.app.openapi()
    for name, operation in operations(world):
        assert operation["summary"], name
        for status, answer in operation["responses"].items():
            if status not in SUCCESS and "/v1/" in name:
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
        if "/v1/" in name:
            assert {"401", "403", "503"} <= set(operation["responses"]), name
    assert "HTTPValidationError" not in str(document)


@pytest.mark.parametrize(
    "model",
    [
        models.Case,
        models.CasePage,
        models.ConflictPage,
        models.Review,
        models.Cancel,
        models.OptOut,
        models.OptOutTaken,
    ],
)
def test_every_example_is_valid(model: type[BaseModel]) -> None:
    """An example that does not parse would mislead whoever copies it."""
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    examples = extra["examples"]
    assert isinstance(examples, list)
    assert [model.model_validate(example) for example in examples]
