"""What a token is asked for with, and what is made of the answer; no secret in any error."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.mailbox.oauth import LONGEST_S, MARGIN, OAuth, granted, refusal
from shared.checked import checked
from shared.errors import Invalid

NOW = datetime(2026, 6, 1, tzinfo=UTC)
CLIENT = {
    "token_url": "https://login.example.org/t/oauth2/v2.0/token",
    "client_id": "c1",
    "client_secret": "s3cr3t",
    "scope": "https://mail.example.org/.default",
}
USER = {"token_url": "https://login.example.org/token/", "client_id": "c2", "refresh_token": "1//s3cr3t"}
ANSWER = {"access_token": "s3cr3t", "token_type": "Bearer", "expires_in": 3600}


def given(told: dict[str, Any]) -> OAuth:
    """As it stands in a file; what is None is left out."""
    return checked(OAuth, {name: value for name, value in told.items() if value is not None})


def test_in_the_name_of_the_client() -> None:
    """Where there is no refresh token (RFC 6749, section 4.4)."""
    assert given(CLIENT).form == {
        "grant_type": "client_credentials",
        "client_id": "c1",
        "client_secret": "s3cr3t",
        "scope": "https://mail.example.org/.default",
    }


@pytest.mark.parametrize("more", [{}, {"client_secret": "s3cr3t"}, {"scope": "https://mail.example.org/"}])
def test_in_the_name_of_a_user(more: dict[str, str]) -> None:
    """By what was once allowed (section 6); nothing is sent of what was left out."""
    oauth = given({**USER, **more})
    told = {"grant_type": "refresh_token", "client_id": "c2", "refresh_token": "1//s3cr3t", **more}
    assert oauth.form == told
    assert oauth.token_url == USER["token_url"]


@pytest.mark.parametrize("told", [CLIENT, USER])
def test_no_secret_is_shown(told: dict[str, str]) -> None:
    """Nor is one in the words that Python has for it."""
    assert "s3cr3t" not in repr(given(told))


@pytest.mark.parametrize(
    ("told", "where"),
    [
        (CLIENT | {"client_secret": None}, "/client_secret"),
        (CLIENT | {"scope": None}, "/scope"),
        (CLIENT | {"client_id": None}, "/client_id"),
        (CLIENT | {"token_url": None}, "/token_url"),
        (CLIENT | {"token_url": "http://login.example.org/s3cr3t"}, "/token_url"),
        (CLIENT | {"token_url": "https://s3cr3t@login.example.org/token"}, "/token_url"),
        (CLIENT | {"token_url": "https://login.example.org/token?x=s3cr3t"}, "/token_url"),
        (CLIENT | {"token_url": "https://login.example.org/s3 cr3t"}, "/token_url"),
        (CLIENT | {"client_secret": "s3cr3t\r\n2"}, "/client_secret"),
        (CLIENT | {"client_id": "s3cr3t\n"}, "/client_id"),
        (CLIENT | {"scope": "s3cr3t  s3cr3t"}, "/scope"),
        (CLIENT | {"scope": ""}, "/scope"),
        (CLIENT | {"tenant": "s3cr3t"}, "/tenant"),
        (USER | {"refresh_token": "two s3cr3ts"}, "/refresh_token"),
        (USER | {"refresh_token": ""}, "/refresh_token"),
    ],
)
def test_a_fault_names_its_field_alone_and_repeats_nothing(told: dict[str, Any], where: str) -> None:
    """A refresh token that is none does not make a secret missing."""
    with pytest.raises(Invalid) as refused:
        given(told)
    assert [error.pointer for error in refused.value.errors] == [where]
    assert "s3cr3t" not in str(refused.value)


def test_a_test_may_ask_this_machine_in_clear() -> None:
    """By one of its own names."""
    assert given(CLIENT | {"token_url": "http://127.0.0.1:8000/token"}).token_url.startswith("http:")


@pytest.mark.parametrize(
    ("told", "lasts_s"),
    [
        ({}, 3600),
        ({"expires_in": "3599", "token_type": "bearer"}, 3599),
        ({"expires_in": 10**30}, LONGEST_S),
        ({"refresh_token": "another", "ext_expires_in": 3600}, 3600),
    ],
)
def test_a_token_is_used_until_shortly_before_it_ends(told: dict[str, Any], lasts_s: int) -> None:
    """As long as its server says, but no longer than a day."""
    token = granted(json.dumps(ANSWER | told).encode(), NOW)
    assert token == ("s3cr3t", NOW + timedelta(seconds=lasts_s) - MARGIN)


def test_a_token_of_which_nobody_knows_how_long_it_holds_is_not_kept() -> None:
    """The end may be left out (section 5.1)."""
    answer = {name: value for name, value in ANSWER.items() if name != "expires_in"}
    assert granted(json.dumps(answer).encode(), NOW).until <= NOW


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'"s3cr3t"', "object"),
        (b"<html>s3cr3t</html>", "JSON"),
        (json.dumps(ANSWER | {"access_token": "s3cr3t\u0001auth=Bearer another"}).encode(), "/access_token"),
        (json.dumps(ANSWER | {"access_token": ""}).encode(), "/access_token"),
        (json.dumps(ANSWER | {"token_type": "s3cr3t"}).encode(), "/token_type"),
        (json.dumps(ANSWER | {"expires_in": -1}).encode(), "/expires_in"),
        (json.dumps({"access_token": "s3cr3t"}).encode(), "/token_type"),
    ],
)
def test_an_answer_that_is_none(body: bytes, expected: str) -> None:
    """Says what was expected, and repeats nothing. No token may smuggle in another."""
    with pytest.raises(Invalid, match=expected) as refused:
        granted(body, NOW)
    assert "s3cr3t" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, b'{"error": "invalid_client", "error_description": "s3cr3t"}', "client_id and client_secret"),
        (400, b'{"error": "invalid_grant"}', "refresh_token"),
        (400, b'{"error": "invalid_scope"}', "scope"),
        (400, b'{"error": "unauthorized_client"}', "client_id that may use this grant"),
        (400, b'{"error": "unsupported_grant_type"}', "token_url"),
        (400, b'{"error": "invalid_request"}', "token_url"),
        (400, b'{"error": "s3cr3t"}', "answered 400"),
        (400, b'{"error": ["invalid_grant"]}', "answered 400"),
        (400, b"s3cr3t", "answered 400"),
        (302, b"", "answered 302"),
        (503, b'{"error": "invalid_grant"}', "answered 503"),
    ],
)
def test_a_refusal_is_told_in_our_words(status: int, body: bytes, why: str) -> None:
    """A server's could hold anything."""
    assert why in (told := refusal(status, body))
    assert "s3cr3t" not in told
