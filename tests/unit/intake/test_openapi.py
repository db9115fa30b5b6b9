"""The OpenAPI document: complete, true to the code, and its examples are what the door takes and says."""

import base64
import json
from typing import Any

import pytest
from pydantic import SecretStr

from services.intake.app import build
from services.intake.sources.contract import KINDS
from services.intake.sources.delivery import Delivery
from services.intake.sources.standard import CONFIG, map_events
from shared.problems import MEDIA_TYPE
from shared.settings import IntakeSettings
from shared.vault import new_key


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As it is served."""
    settings = IntakeSettings(
        amqp_url=SecretStr("amqp://localhost"),
        mongo_url=SecretStr("mongodb://localhost"),
        bus_key=SecretStr(new_key()),
        source_keys=SecretStr(f"k:{base64.b64encode(bytes(32)).decode()}"),
    )
    return build(settings).openapi()


@pytest.fixture(scope="module")
def route(document: dict[str, Any]) -> dict[str, Any]:
    """What it says of the one route."""
    post: dict[str, Any] = document["paths"]["/v1/sources/{source}/events"]["post"]
    return post


def references(value: Any) -> set[str]:
    """Every reference in a document."""
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_reference_leads_to_a_component(document: dict[str, Any]) -> None:
    """None dangles."""
    found = references(document)
    assert found >= {"#/components/schemas/Problem", "#/components/schemas/DeclineReceivedEvent"}
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def test_every_answer_is_declared(route: dict[str, Any]) -> None:
    """Refusals as problems, with an example of the right status, and waits where there is one."""
    assert set(route["responses"]) == {"200", "202", "401", "408", "413", "415", "422", "429", "503"}
    for status, answer in route["responses"].items():
        if status in {"200", "202"}:
            continue
        content = answer["content"][MEDIA_TYPE]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert all(example["value"]["status"] == int(status) for example in content["examples"].values())
        assert ("Retry-After" in answer.get("headers", {})) == (status in {"429", "503"})


def test_the_headers_of_the_signature_are_declared(route: dict[str, Any]) -> None:
    """Beside the source in the path."""
    required = {parameter["name"] for parameter in route["parameters"] if parameter["required"]}
    assert required == {"source", "webhook-id", "webhook-timestamp", "webhook-signature"}


def test_every_kind_has_an_example_that_is_taken(route: dict[str, Any]) -> None:
    """What the document shows, the door reads."""
    examples = route["requestBody"]["content"]["application/json"]["examples"]
    assert set(examples) == {*KINDS, "a batch"}
    for name, example in examples.items():
        read = map_events(Delivery({}, json.dumps(example["value"]).encode()), CONFIG()).events
        assert name == "a batch" or [sent.data.kind for sent in read] == [name]
