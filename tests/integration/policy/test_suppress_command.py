"""`afterword suppress` on a real database, with the rights of the console alone."""

import asyncio
import json
from base64 import b64encode
from operator import itemgetter
from pathlib import Path

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from deploy.mongodb.rights import ROLES
from services.policy.cli import app
from services.policy.suppress import Entry, SuppressionList
from shared.errors import Unanswered
from shared.events import ErasureRequested, OptOutReceived, Person
from shared.identity import Fingerprints, scoped
from shared.states import State
from shared.store.client import Document
from tests.integration.policy.stage import DAY, NOON, Stage, case_of, decline, event, grace, outreach

LINKED = Person(email="grace@example.org", phone="+49 30 123456")
PHONE = "+49 30 123456"


@pytest.fixture
def typed(stage: Stage, mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> "Typed":
    """A console for the same servers and secrets."""
    monkeypatch.setenv("AFTERWORD_MONGO_URL", mongo_url)
    monkeypatch.setenv("AFTERWORD_PEPPER", b64encode(stage.settings.pepper.get_secret_value()).decode())
    with MongoClient[Document](mongo_url) as mongo:
        mongo.get_default_database()["tenants"].insert_many([{"_id": "acme"}, {"_id": "globex"}])
    return Typed(mongo_url)


class Typed:
    """Commands as they are typed, and what is stored after them."""

    def __init__(self, mongo_url: str) -> None:
        self._mongo_url = mongo_url

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["suppress", *arguments])

    def checked(self, *arguments: str) -> list[tuple[str, str]]:
        """Why, and by whom, this person is on the list."""
        result = self("check", *arguments, "--json")
        told = json.loads(result.stdout)
        assert result.exit_code == (0 if told["listed"] else 1), result.output
        return [(stop["kind"], stop["scope"]) for stop in told["stops"]]

    def stored(self, collection: str = "suppressions") -> list[Document]:
        """All documents."""
        with MongoClient[Document](self._mongo_url) as mongo:
            return list(mongo.get_default_database()[collection].find())


def test_each_of_several_addresses_is_put_on_the_list_and_looked_for(typed: Typed) -> None:
    """The last alone would be the least that anybody expects."""
    both = ("--email", "a1@example.org", "--email", "a2@example.org")
    assert typed("add", "--tenant", "acme", *both).exit_code == 0
    for one in ("a1@example.org", "a2@example.org"):
        assert typed.checked("--email", one) == [("opt_out", "acme")]
    assert typed.checked("--email", "a1@example.org", "--email", "free@example.org") == [("opt_out", "acme")]


def test_whoever_is_added_is_on_the_list_of_that_tenant_or_of_all(typed: Typed) -> None:
    """By any spelling; nothing of a name or an address is stored."""
    assert typed("add", "--tenant", "acme", "--email", "Ada@Example.org").exit_code == 0
    assert typed("add", "--everyone", "--phone", "030 123456", "--region", "DE").exit_code == 0
    assert typed.checked("--email", "ada@example.org") == [("opt_out", "acme")]
    assert typed.checked("--email", "ada@example.org", "--tenant", "globex") == []
    assert typed.checked("--phone", PHONE, "--tenant", "globex") == [("opt_out", "*")]
    assert "example" not in str(typed.stored()).lower()
    absent, listed = typed("check", "--email", "bob@example.org"), typed("check", "--phone", PHONE)
    assert ("not on the list" in absent.stdout, absent.exit_code) == (True, 1)
    assert ("on the list: opt_out, by everyone" in listed.stdout, listed.exit_code) == (True, 0)


def test_a_check_stores_nothing(typed: Typed) -> None:
    """Nobody comes onto any list by being asked for."""
    typed.checked("--email", "ada@example.org")
    assert all(typed.stored(name) == [] for name in ("suppressions", "people", "events", "memory"))


@pytest.mark.parametrize("arguments", [["--email", "ada"], ["--tenant", "nobody", "--email", "a@b.example"]])
def test_a_check_that_cannot_be_made_is_no_answer(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """For a script, "not on the list" must not be what an error is."""
    assert isinstance(typed("check", *arguments).exception, Unanswered)

    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.policy.suppress_cli.with_database", broken)
    assert isinstance(typed("check", "--email", "ada@example.org").exception, Unanswered)


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "--email", "ada@example.org"],
        ["add", "--everyone", "--tenant", "acme", "--email", "ada@example.org"],
        ["add", "--tenant", "nobody", "--email", "ada@example.org"],
        ["add", "--tenant", "acme"],
        ["add", "--tenant", "acme", "--email", "ada"],
        ["add", "--tenant", "acme", "--external-id", "42"],
        ["check", "--email", "ada"],
        ["check", "--tenant", "nobody", "--email", "ada@example.org"],
        ["export", "--tenant", "nobody"],
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_stored(typed: Typed, arguments: list[str]) -> None:
    """A half-understood wish would be believed to hold."""
    assert typed(*arguments).exit_code != 0
    assert typed.stored() == []


def test_a_file_is_taken_line_by_line_and_may_be_repeated(typed: Typed, tmp_path: Path) -> None:
    """Refused lines are named, and the exit code tells of them."""
    file = tmp_path / "list.csv"
    file.write_text("email\nada@example.org\nno address\nbob@example.org\n", "utf-8")
    for _ in range(2):
        result = typed("import", str(file), "--tenant", "acme")
        assert result.exit_code == 1
        assert "line 3: /email: an e-mail address is expected" in result.stderr
        assert "2 lines taken, 1 refused" in result.stdout
        assert len(typed.stored()) == 2
    file.write_text("email\ncarl@example.org\n", "utf-8")
    assert typed("import", str(file), "--everyone").exit_code == 0
    assert typed.checked("--email", "carl@example.org") == [("opt_out", "*")]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_is_written_out_holds_fingerprints_only_and_is_read_again(
    typed: Typed, tmp_path: Path, mongo_url: str, form: str
) -> None:
    """With why and since when, by the same list on the same installation; of one tenant, or of all."""
    typed("add", "--tenant", "acme", "--email", "ada@example.org")
    typed("add", "--everyone", "--email", "bob@example.org")
    before = typed.stored()
    written = typed("export", "--format", form).stdout
    assert "example" not in written
    assert all(document["fp"] in written for document in before)
    file = tmp_path / f"list.{form}"
    file.write_text(typed("export", "--tenant", "acme", "--format", form).stdout, "utf-8")
    with MongoClient[Document](mongo_url) as mongo:
        mongo.get_default_database()["suppressions"].delete_many({})
    assert typed("import", str(file), "--tenant", "acme").exit_code == 0
    assert typed.stored() == [one for one in before if one["scope"] == "acme"]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_the_whole_list_is_read_again_in_one_go(
    typed: Typed, tmp_path: Path, mongo_url: str, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Each line for its own tenant, where the pepper is the same; where it is not one line says so."""
    typed("add", "--tenant", "acme", "--email", "ada@example.org")
    typed("add", "--tenant", "globex", "--email", "ada@example.org")
    typed("add", "--everyone", "--email", "bob@example.org")
    before, file = typed.stored(), tmp_path / f"list.{form}"
    file.write_text(typed("export", "--format", form).stdout, "utf-8")
    for _ in range(2):
        with MongoClient[Document](mongo_url) as mongo:
            mongo.get_default_database()["suppressions"].delete_one({"scope": "acme"})
        assert (again := typed("import", str(file))).exit_code == 0
        assert "3 lines taken, 0 refused" in again.stdout
        assert sorted(typed.stored(), key=itemgetter("_id")) == sorted(before, key=itemgetter("_id"))
        with MongoClient[Document](mongo_url) as mongo:
            mongo.get_default_database()["suppressions"].delete_many({})
    monkeypatch.setenv("AFTERWORD_PEPPER", b64encode(b"another pepper, of another house").decode())
    refused = typed("import", str(file))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("3 lines: made under another pepper (AFTERWORD_PEPPER)")
    assert refused.stderr.count("\n") == 1
    assert "0 lines taken, 3 refused" in refused.stdout
    assert typed.stored() == []


async def test_addresses_are_written_out_for_a_reason_that_is_kept(
    stage: Stage, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where a card still tells them: whoever was erased is a fingerprint for good."""
    monkeypatch.setenv("AFTERWORD_VAULT_KEYS", stage.settings.vault_keys.get_secret_value())
    gone = Person(email="gone@example.org")
    async with stage.policy():
        await stage.publish(outreach(LINKED, "link", at=NOON - 2 * DAY))
        assert await stage.ask(event(OptOutReceived(person=LINKED), "stop", NOON)) == "done"
        assert await stage.ask(event(ErasureRequested(person=gone), "forget", NOON)) == "done"
    refused = await asyncio.to_thread(typed, "export", "--with-addresses", "--by", "ada")
    assert (refused.exit_code, "--reason" in refused.output) == (2, True)
    assert typed.stored("audit") == []
    asked = ("export", "--with-addresses", "--by", "ada", "--reason", "a request under article 15")
    written = await asyncio.to_thread(typed, *asked)
    told = [json.loads(line)["email"] for line in written.stdout.splitlines()]
    assert set(told) == {"grace@example.org", None}
    (kept,) = typed.stored("audit")
    assert (kept["by"], kept["why"]) == ("ada", "a request under article 15")


async def test_a_wish_that_an_operator_writes_down_stops_as_an_opt_out_does(stage: Stage) -> None:
    """It is stored in the same form, by every alias, and an open case is looked at anew."""
    made = Fingerprints(stage.settings.pepper.get_secret_value())
    wish = Entry(made.of(Person(phone=PHONE), ""), "opt_out", NOON)
    async with stage.policy():
        await stage.publish(outreach(LINKED, "link", at=NOON - 2 * DAY))
        approved = await stage.approved(grace())
        before = await stage.case(approved)
        assert await SuppressionList(stage.database).add([wish], "acme") == 1
        after = await stage.case(approved)
        assert after["rev"] == before["rev"] + 1
        told = await stage.database["suppressions"].find().sort("_id").to_list(None)
        await stage.database["suppressions"].delete_many({})
        assert await stage.ask(event(OptOutReceived(person=Person(phone=PHONE)), "stop", NOON)) == "done"
        by_event = await stage.database["suppressions"].find().sort("_id").to_list(None)
        assert [{**one, "event_id": ""} for one in told] == [{**one, "event_id": ""} for one in by_event]
        assert len(told) == 2


async def test_a_wish_for_everyone_reaches_the_cases_of_every_tenant(stage: Stage) -> None:
    """As one of the candidate's own does; what is judged after it is denied."""
    made = Fingerprints(stage.settings.pepper.get_secret_value())
    await stage.database["tenants"].insert_many([{"_id": "acme"}, {"_id": "globex"}])
    async with stage.policy():
        await stage.publish(outreach(LINKED, "link", at=NOON - 2 * DAY))
        approved = await stage.approved(grace())
        wish = Entry(made.of(Person(phone=PHONE), ""), "opt_out", NOON)
        assert await SuppressionList(stage.database).add([wish], "*") == 1
        assert {one["scope"] for one in await stage.database["suppressions"].find().to_list(None)} == {"*"}
        denied = decline(Person(phone=PHONE), "theirs")
        await stage.publish(
            outreach(Person(phone=PHONE), "letter").model_copy(update={"tenant": "globex"}),
            denied.model_copy(update={"tenant": "globex"}),
        )
        await stage.becomes(denied, State.DENIED)
        assert "consent.opted_out" in await stage.codes(denied)
        assert case_of(approved) != case_of(denied)


async def test_what_is_linked_at_one_tenant_alone_is_not_told_of_another(stage: Stage) -> None:
    """Whoever asks for one person is told of that person only."""
    made = Fingerprints(stage.settings.pepper.get_secret_value())
    await stage.database["tenants"].insert_many([{"_id": "acme"}, {"_id": "globex"}])
    people = SuppressionList(stage.database)
    async with stage.policy():
        await stage.publish(outreach(LINKED, "link"))
        phone, email = (made.of(one, "") for one in (Person(phone=PHONE), grace()))
        await people.add([Entry(phone, "opt_out", NOON)], "globex")
        assert await people.of(email, ["acme", "globex"]) == []
        assert [one["scope"] for one in await people.of(phone, ["acme", "globex"])] == ["globex"]
        assert {scoped("acme", one) for one in phone | email} <= {
            key for card in await stage.database["people"].find().to_list(None) for key in card["keys"]
        }


def test_the_console_has_the_rights_that_this_needs() -> None:
    """To add and to mark, and no more."""
    assert ROLES["console"]["suppressions"] == ("find", "insert")
    assert ROLES["console"]["cases"] == ("find", "update")
