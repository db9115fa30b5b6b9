from datetime import timedelta

import pytest

from services.policy.document import PolicyInvalid, load_base
from services.policy.plan import Plan, differing
from services.policy.rollout import Refused, Stage, Step, check, ledger
from services.policy.rulebook import Files, compose, resolve
from tests.unit.policy.building import DEFAULTS, NOW

FILES = Files(DEFAULTS)
STRICTER = "single:\n  cooldown_days: 300\n"
STRICTER_VERSION = load_base(STRICTER, "stricter").version


class Log:
    """A log that grows step by step, each a minute after the one before."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, stage: Stage, version: str, tenant: str | None = None, text: str | None = None) -> "Log":
        """The next step."""
        number = len(self.steps) + 1
        at = NOW + timedelta(minutes=number)
        self.steps.append(
            Step(
                number=number, stage=stage, version=version, tenant=tenant, at=at, by="a", why="b", text=text
            )
        )
        return self

    def put(self, text: str, tenant: str | None = None, name: str | None = None) -> "Log":
        """Drafts a document and puts it live."""
        version = name or Plan(FILES, self.steps).drafted(text, "x", tenant).version
        return self.add("draft", version, tenant, text).add("live", version, tenant)


def test_without_a_release_the_files_are_in_force() -> None:
    """The document of the settings is the first live one."""
    assert resolve(FILES, ()).of("acme") == DEFAULTS


def test_the_document_of_the_files_can_be_put_live_again() -> None:
    """It needs no draft and no shadow, for it was in force; from then on the log knows it by itself."""
    base = FILES.base.version
    first = Plan(FILES, ()).book.releases[base]
    assert (first.stage, first.steps) == ("live", ())
    with pytest.raises(Refused, match="is live already"):
        check(Plan(FILES, ()).book, base, "live")
    log = Log().put(STRICTER, name="p1")
    release = check(Plan(FILES, log.steps).book, base, "live")
    assert (release.stage, release.proven) == ("retired", True)
    log.add("live", base, text=release.text)
    assert resolve(Files(load_base(STRICTER, "since changed")), log.steps).of("acme") == DEFAULTS
    after = ledger(log.steps).releases
    assert (after[base].stage, after["p1"].stage) == ("live", "retired")
    log.add("live", "p1").add("live", base)
    assert resolve(FILES, log.steps).of("acme") == DEFAULTS


def test_a_draft_and_a_shadow_decide_nothing() -> None:
    """Only what is live is in force; a shadow is known as such."""
    log = Log().add("draft", "p1", text=STRICTER).add("shadow", "p1")
    rulebook = resolve(FILES, log.steps)
    assert rulebook.of("acme") == DEFAULTS
    found = rulebook.shadow_of("acme")
    assert found is not None
    assert (found[0], found[1].version) == ("p1", STRICTER_VERSION)


def test_what_was_put_live_last_is_in_force_and_can_be_taken_back() -> None:
    """Going back is putting the earlier document live again."""
    log = Log().put(STRICTER, name="p1").put("single:\n  cooldown_days: 365\n", name="p2")
    assert resolve(FILES, log.steps).of("acme").document.single.cooldown_days == 365
    assert ledger(log.steps).releases["p1"].stage == "retired"
    log.add("live", "p1")
    assert resolve(FILES, log.steps).of("acme").document.single.cooldown_days == 300


def test_an_override_holds_for_its_tenant_alone_and_only_tightens_what_lies_below() -> None:
    """Also below: the override in the settings' folder, which no release loosens."""
    files = Files(DEFAULTS, {"acme": ("single:\n  cooldown_days: 250\n", "acme.yaml")})
    tighter = Log().put("single:\n  cooldown_days: 300\n", "acme", name="o1")
    rulebook = resolve(files, tighter.steps)
    assert rulebook.of("acme").document.single.cooldown_days == 300
    assert rulebook.of("other") == DEFAULTS
    milder = resolve(files, Log().put("single:\n  cooldown_days: 200\n", "acme", name="o1").steps)
    assert milder.of("acme").document.single.cooldown_days == 250
    assert "may only tighten" in milder.aside[0].why


@pytest.mark.parametrize(
    "bad", ["{", "single:\n  cooldown_days: 1\n", "nothing: here\n"], ids=["unreadable", "invalid", "unknown"]
)
def test_the_last_good_one_stays_when_a_new_one_is_bad(bad: str) -> None:
    """The bad one is set aside and named, until a good one takes its place."""
    log = Log().put(STRICTER, name="p1").put(bad, name="p2")
    rulebook = resolve(FILES, log.steps)
    assert rulebook.of("acme").version == STRICTER_VERSION
    assert [one.version for one in rulebook.aside] == ["p2"]
    assert resolve(FILES, log.put("", name="p3").steps).aside == ()


def test_a_base_that_makes_an_override_milder_is_set_aside_as_a_whole() -> None:
    """Never would a tenant's promise be dropped for a stricter base, nor the base be half in force."""
    log = Log().put("single:\n  cooldown_days: 200\n", "acme", name="o1").put(STRICTER, name="p1")
    rulebook = resolve(FILES, log.steps)
    assert rulebook.of("acme").document.single.cooldown_days == 200
    assert rulebook.of("other") == DEFAULTS
    assert rulebook.aside[0].version == "p1"
    with pytest.raises(PolicyInvalid, match="may only tighten"):
        compose(FILES, {scope: r for r in ledger(log.steps).releases.values() for scope in [r.tenant]})


def test_a_live_step_without_its_draft_is_set_aside() -> None:
    """As after a log was mended by hand."""
    rulebook = resolve(FILES, Log().add("live", "p9").steps)
    assert (rulebook.of("acme"), rulebook.aside[0].version) == (DEFAULTS, "p9")


def test_a_tenants_own_shadow_comes_before_that_of_all() -> None:
    """One more judgment for a case, never two."""
    log = Log().add("draft", "p1", text=STRICTER).add("shadow", "p1")
    log.add("draft", "o1", "acme", "single:\n  cooldown_days: 200\n").add("shadow", "o1", "acme")
    rulebook = resolve(FILES, log.steps)
    own, general = rulebook.shadow_of("acme"), rulebook.shadow_of("other")
    assert own is not None
    assert general is not None
    assert (own[0], general[0]) == ("o1", "p1")


def test_a_shadow_ends_when_it_goes_live_is_withdrawn_or_gives_way() -> None:
    """There is at most one for each scope."""
    log = Log().add("draft", "p1", text=STRICTER).add("draft", "p2", text="").add("shadow", "p1")
    assert ledger(log.add("shadow", "p2").steps).releases["p1"].stage == "draft"
    assert ledger(log.steps).shadow == {None: "p2"}
    assert ledger([*log.steps[:-1], *Log().steps]).shadow == {None: "p1"}
    assert ledger(log.add("withdrawn", "p2").steps).shadow == {}
    assert ledger(log.add("shadow", "p1").add("live", "p1").steps).shadow == {}


@pytest.mark.parametrize(
    ("steps", "stage", "says"),
    [
        ([], "shadow", "there is no document p1"),
        (["draft"], "live", "was never a shadow"),
        (["draft", "shadow"], "shadow", "is shadow already"),
        (["draft", "shadow", "live"], "withdrawn", "p1 is live"),
        (["draft", "shadow", "live"], "shadow", "p1 is live"),
    ],
)
def test_a_step_that_is_not_next_is_refused_with_the_reason(
    steps: list[Stage], stage: Stage, says: str
) -> None:
    """Nobody skips the shadow without saying so."""
    log = Log()
    for one in steps:
        log.add(one, "p1", text="")
    with pytest.raises(Refused, match=says):
        check(ledger(log.steps), "p1", stage)


def test_the_shadow_may_be_skipped_on_purpose_or_when_it_was_live_before() -> None:
    """In an emergency, and to go back."""
    log = Log().add("draft", "p1", text="")
    assert check(ledger(log.steps), "p1", "live", unproven=True).version == "p1"
    log.add("live", "p1").put(STRICTER, name="p2")
    assert check(ledger(log.steps), "p1", "live").version == "p1"


def test_a_document_is_named_after_its_content() -> None:
    """A base by the version that decisions name, an override by what it says for whom."""
    plan = Plan(FILES, ())
    assert plan.drafted(STRICTER, "x", None).version == STRICTER_VERSION
    one = plan.drafted("# why\n" + STRICTER, "x", "acme").version
    assert one == plan.drafted(STRICTER, "y", "acme").version
    assert one != plan.drafted(STRICTER, "x", "other").version
    with pytest.raises(PolicyInvalid, match=r"mine.yaml:2:18: .* only tighten"):
        plan.drafted("single:\n  cooldown_days: 100\n", "mine.yaml", "acme")


def test_differing_names_each_field_and_which_way_it_went() -> None:
    """What an operator reads before putting it live."""
    other = load_base("single:\n  cooldown_days: 300\nvelocity:\n  tenant_per_day: 900\n", "x")
    found = [(field.path, field.a, field.b, field.way) for field in differing(DEFAULTS, other)]
    assert found == [
        ("single.cooldown_days", 180, 300, "tighter"),
        ("velocity.tenant_per_day", 500, 900, "milder"),
    ]
    assert list(differing(DEFAULTS, DEFAULTS)) == []
