from datetime import UTC, datetime, timedelta

import pytest

from services.policy.document import load_base
from services.policy.rulebook import DEFAULT
from services.policy.text.conduct import findings
from services.policy.text.content import Field, examine
from services.policy.text.lexicon import lexicon
from services.policy.text.reply import understand
from services.policy.text.thread import Judged, Turn, judge_thread

DECENT = "Hi Anna, our client in Leeds is looking for a backend engineer. Would that interest you? Best, Tom"
POLITE_NO = "Thanks for reaching out, but I'm not looking right now. Best of luck!"
MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


def judged(*turns: tuple[str, float, str], note: str | None = None) -> Judged:
    """The judgment on messages, each by whom, how many days after Monday, in which words."""
    thread = [Turn(who == "recruiter", MONDAY + timedelta(days=days), text) for who, days, text in turns]
    return judge_thread(thread, None, note, lexicon(), load_base(DEFAULT.read_text("utf-8"), DEFAULT.name))


def test_a_polite_no_after_decent_outreach_is_approved() -> None:
    """The plain case passes, or the whole system is useless."""
    assert judged(("recruiter", 0, DECENT), ("candidate", 1, POLITE_NO)).verdict == "approve"


@pytest.mark.parametrize(
    "answer",
    [
        *(
            "Not interested, thank you.",
            "Not interested.",
            "No thanks",
            "Thanks, but no.",
            "I'll pass, thanks.",
        ),
        *(
            "Nein danke.",
            "Non merci",
            "No, gracias.",
            "Nee, dank je.",
            "Nej tack.",
            "Nie, dzi\u0119kuj\u0119.",
        ),
        *("No grazie", "N\u00e3o, obrigado."),
    ],
)
def test_the_shortest_no_is_a_no(answer: str) -> None:
    """In each covered language, with nothing read into it."""
    assert judged(("recruiter", 0, DECENT), ("candidate", 1, answer)).verdict == "approve"


@pytest.mark.parametrize(
    ("outreach", "answer"),
    [
        ("You'd be crazy not to take this.", POLITE_NO),
        (DECENT, "I'd be grateful if this could be the last message."),
        (DECENT, "Write again and you hear from my lawyer."),
    ],
)
def test_pressure_and_any_wish_for_silence_are_denied(outreach: str, answer: str) -> None:
    """Neither a pushy message nor a polite opt-out is ever thanked."""
    assert judged(("recruiter", 0, outreach), ("candidate", 1, answer)).verdict == "deny"


def test_a_message_after_the_no_is_denied() -> None:
    """However kind, it came after the no."""
    turns = (("recruiter", 0.0, DECENT), ("candidate", 1.0, POLITE_NO), ("recruiter", 2.0, "All the best!"))
    assert judged(*turns).verdict == "deny"


def test_opt_out_words_in_the_quoted_footer_alone_hold() -> None:
    """They are the recruiter's own, and a person must see it."""
    answer = f"{POLITE_NO}\n\nOn Mon, 4 May 2026, Tom wrote:\n> {DECENT}\n> Unsubscribe me: please remove me."
    assert judged(("recruiter", 0, DECENT), ("candidate", 1, answer)).verdict == "hold"


def test_a_note_that_asks_for_something_stops_the_thread() -> None:
    """The line that would be sent is judged with the thread."""
    turns = (("recruiter", 0.0, DECENT), ("candidate", 1.0, POLITE_NO))
    assert judged(*turns, note="Call me any time!").verdict == "deny"
    assert judged(*turns, note="Thank you for your kind answer.").verdict == "approve"


@pytest.mark.parametrize(
    "text",
    [
        "kindly lose my number",
        "KINDLY LOSE MY NUMBER",
        "kindly lose my number 🙏",
        "kindly \u200blose my numbr",
        "please unsubsrcibe me",
        "s t o p",
        "pleаse remоve me from your list",
        "Please respect my inbox.",
        "I would rather not be on your radar any more",
    ],
)
def test_an_opt_out_is_seen_through_manners_and_disguise(text: str) -> None:
    """Case, typos, invisible letters, look-alikes and spacing change nothing."""
    assert understand(text, lexicon()).intent == "declined_permanent_optout"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Take me off the shortlist for Leeds, I have accepted another offer.", "declined_soft"),
        ("No need to unsubscribe me, I like your newsletter, but I'm not interested.", "declined_soft"),
        ("I'll stop you right there: great offer but no.", "declined_soft"),
        ("Please don't contact me before January.", "later"),
        ("I don't mean you should stop writing, this one is just too far for me.", "declined_soft"),
        (
            "Last year I told another agency to stop writing to me. You were kind! Still, it's a no.",
            "declined_soft",
        ),
    ],
)
def test_scope_and_negation_are_no_opt_out(text: str, intent: str) -> None:
    """What is removed from where, until when and whether at all decides, not the word."""
    assert understand(text, lexicon()).intent == intent


@pytest.mark.parametrize(
    "text",
    [
        "do. not. email. me.",
        "pleasestopemailingme",
        "s t o p   m e s s a g i n g   m e",
        "pl3ase d0nt c0ntact me 4gain",
    ],
)
def test_words_torn_apart_or_run_together_are_read(text: str) -> None:
    """Whatever is done to the letters, a person would read it."""
    assert understand(text, lexicon()).intent == "declined_permanent_optout"


@pytest.mark.parametrize(
    "text",
    [
        "Nope. Please let sleeping dogs lie from here on.",
        "Thanks but no. I get too much of this, so please count me as gone.",
        "I'll decline. I'm trying to keep this mailbox for family.",
    ],
)
def test_an_unknown_request_beside_the_no_is_no_permission(text: str) -> None:
    """What may be a wish to be left alone is never read as a soft decline."""
    assert understand(text, lexicon()).intent != "declined_soft"
    assert judged(("recruiter", 0, DECENT), ("candidate", 1, text)).verdict != "approve"


def test_a_short_word_of_another_language_is_a_chance_likeness() -> None:
    """`won` is rude in Polish and nothing in `won't`."""
    assert understand("Sorry for the delay, I won't be applying.", lexicon()).intent == "declined_soft"


def test_a_copied_header_begins_the_quotation() -> None:
    """Some programs copy the header without a mark on each line."""
    answer = f"{POLITE_NO}\n\nFrom: Talent Desk\nSent: Monday\nYou can opt out of our e-mails at any time."
    assert judged(("recruiter", 0, DECENT), ("candidate", 1, answer)).verdict == "hold"


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("O7700 9OO l23", False),
        ("\u0660\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0661\u0662\u0663", False),
        ("Thank you!\u2028X-Priority: 1", False),
        ("Ref. 2025-004471 is closed on our side. Thank you and all the best.", True),
    ],
)
def test_figures_and_headers_in_disguise(text: str, ok: bool) -> None:  # noqa: FBT001 - the case's label
    """Letters for figures, figures of another script and unusual line breaks hide nothing."""
    assert examine(text, "note", lexicon()).ok is ok


def test_a_trade_word_in_a_title_is_a_trade() -> None:
    """A person is called so, or works so; nobody is asked for anything."""
    assert examine("Call Centre Agent, nights", "title", lexicon()).ok
    assert not examine("Reply YES for the Warehouse Lead job", "title", lexicon()).ok


def test_evidence_is_the_original_text() -> None:
    """A reader finds the words as they were written."""
    assert understand("Thanks. Please RЕMOVE me from your list!", lexicon()).evidence.startswith("RЕMOVE me")


def test_a_registered_company_may_look_like_a_domain() -> None:
    """The same token is a link anywhere else."""
    text = "All the best from all of us at Booking.com."
    assert examine(text, "note", lexicon(), "Booking.com").ok
    assert not examine(text, "note", lexicon(), "Acme").ok


THANKS = "Thank you for writing back so quickly. I respect your choice fully. I wish you all a calm winter. "


def test_much_thanks_around_it_hides_no_request() -> None:
    """The sentence that asks is weighed by itself; no phrase of a rule is in it."""
    asks = "Perhaps we could talk over a sandwich in spring. "
    assert examine(THANKS * 2, "note", lexicon()).ok
    assert not examine(THANKS + asks + THANKS, "note", lexicon()).ok


def test_a_word_of_a_rule_in_plain_thanks_is_used_in_another_sense() -> None:
    """Money raised for a hospice teases nobody with pay; where more than thanks is said, the word counts."""
    assert examine("Thank you. Congratulations on raising $4 million for the hospice.", "note", lexicon()).ok
    refused = examine("Thank you. It would have paid $4 million.", "note", lexicon())
    assert "en.content.perks" in {finding.evidence["rule"] for finding in refused.findings}


def test_a_word_of_a_hard_time_in_a_plain_no_is_where_somebody_works() -> None:
    """A hospice may be a workplace; where the words leave a doubt a person looks."""
    plain = understand("I have agreed to lead the campaign. With warm wishes for the hospice.", lexicon())
    hard = understand("No thanks. My wife is in the hospice and I have no head for it.", lexicon())
    assert "reply.life_event" not in {said.meaning for said in plain.said}
    assert "reply.life_event" in {said.meaning for said in hard.said}


def test_a_word_of_a_rule_in_decent_outreach_is_used_in_another_sense() -> None:
    """A single note asks nobody whether they live alone."""
    decent = "I hope a single note is welcome. A clinic in Cork needs a physio."
    assert findings(decent, lexicon(), where="") == []
    assert "conduct.intrusive" in {
        finding.code for finding in findings("Are you single? A desk job in Cork.", lexicon(), where="")
    }


def test_a_no_of_many_languages_is_a_no() -> None:
    """Around which others' courtesies stand without a stop."""
    text = "Hello, I hope you are well. Nö, danke dir Thank you and kind regards."
    assert understand(text, lexicon()).intent == "declined_soft"


def test_courtesies_around_a_wish_take_nothing_back() -> None:
    """The sentence that says it is weighed by itself, however much thanks stands around it."""
    kind = "What a lovely message, thank you so much! I wish you and the team all the best with the search. "
    text = f"{kind * 3}Please delete my data. {kind * 3}"
    assert understand(text, lexicon()).intent == "declined_permanent_optout"


def test_a_phrase_that_its_own_sentence_does_not_bear_out_is_none() -> None:
    """Whose interviews on Thursday are called off (Arabic) may be written to in May."""
    text = "يمكنك شطب اسمي من مقابلات يوم الخميس، قررت البقاء في مكاني."
    reply = understand(text, lexicon())
    assert reply.intent == "declined_soft"
    assert "reply.opt_out" not in {said.meaning for said in reply.said}


@pytest.mark.parametrize(
    ("text", "field", "ok"),
    [
        ("Anna call me", "name", False),
        ("Peter wartet auf Antwort", "name", False),
        ("Will Call", "name", True),
        ("Job van der Berg", "name", True),
        ("Developer (twice your pay)", "title", False),
        ("Bonus Accounting Clerk", "title", True),
        ("Acme te busca", "company", False),
        ("Free Now", "company", True),
    ],
)
def test_a_sentence_is_no_name(text: str, field: Field, ok: bool) -> None:  # noqa: FBT001 - the case's label
    """A pitch in a name, a title or a company is seen; names that are words as well pass."""
    assert examine(text, field, lexicon()).ok is ok
