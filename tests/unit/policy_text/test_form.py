"""Whatever form a text comes in, its words are read: signatures, quotations, markup, several languages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.document import load_base
from services.policy.rulebook import DEFAULT
from services.policy.text.lexicon import lexicon
from services.policy.text.normal import normalise
from services.policy.text.reading import read
from services.policy.text.reply import understand
from services.policy.text.segment import parts_of
from services.policy.text.thread import Turn, judge_thread

DECENT = "Hi Anna, our client in Leeds is looking for a backend engineer. Would that interest you? Best, Tom"
POLITE_NO = "Thank you for writing, but I'm not looking right now."
MONDAY = datetime(2026, 5, 4, 9, tzinfo=UTC)


def verdict(*texts: str) -> str:
    """On an outreach, its answer, and further messages of the candidate, a day apart."""
    turns = [
        Turn(number == 0, MONDAY + timedelta(days=number), text, "thread")
        for number, text in enumerate(texts)
    ]
    policy = load_base(DEFAULT.read_text("utf-8"), DEFAULT.name)
    return judge_thread(turns, None, None, lexicon(), policy).verdict


@pytest.mark.parametrize(
    "line",
    [
        *("--", "-- ", "Sent from my iPhone", "Von meinem Samsung gesendet", "iPhone'umdan gönderildi"),
        *("iPhoneから送信", "나의 iPhone에서 보냄", "发自我的 iPhone", "Odesláno z iPhonu"),
        *("Télécharger Outlook pour iOS", "Outlook für Android herunterladen"),
    ],
)
def test_what_stands_below_a_signature_is_read(line: str) -> None:
    """A postscript is the writer's."""
    plain = f"{POLITE_NO}\n\n{line}\nAnna Klein\nLeeds"
    assert verdict(DECENT, plain) == "approve"
    assert verdict(DECENT, f"{plain}\n\nPS: And please do not write to me again.") == "deny"
    assert verdict(f"{DECENT}\n{line}\nPS: You would be a fool to say no.", POLITE_NO) == "deny"


@pytest.mark.parametrize(
    "notice",
    [
        "This e-mail is confidential. If it is not for you:\nplease delete it and contact us.",
        "If you are not the intended recipient, delete this message and do not contact the sender.",
        "Sollten Sie nicht der richtige Adressat sein, löschen Sie diese Nachricht.",
        "Si vous n'êtes pas le destinataire, supprimez ce message et ne nous contactez plus.",
        "Si usted no es el destinatario, elimine este mensaje y no nos escriba.",
        "Se você não for o destinatário, apague esta mensagem.",
        "Se non è il destinatario, cancelli questo messaggio e non ci scriva.",
        "Indien u niet de beoogde ontvanger bent, verwijder dit bericht.",
        "Jeśli nie jest Pan właściwym adresatem, proszę usunąć tę wiadomość.",
        "Om du inte är rätt mottagare, radera detta meddelande.",
    ],
)
def test_a_notice_of_confidentiality_asks_the_recruiter_for_nothing(notice: str) -> None:
    """Lawyers write it, and it says `delete`."""
    assert verdict(DECENT, f"{POLITE_NO}\n\n{notice}") == "approve"


@pytest.mark.parametrize(
    "introduction", ["On Mon, 4 May 2026, Tom Hall wrote:", "pon., 4 maj 2026 o 10:00 Tom Hall napisał(a):"]
)
def test_an_answer_below_a_marked_quotation_is_an_answer(introduction: str) -> None:
    """And a quotation by itself is none."""
    quoted = f"{introduction}\n> {DECENT}\n> Reply STOP to unsubscribe."
    assert understand(quoted, lexicon()).intent == "unclear"
    assert understand(f"{quoted}\n\nPlease never write to me again.", lexicon()).intent.endswith("optout")
    assert verdict(DECENT, f"{POLITE_NO}\n\n{quoted}") == "hold"


@pytest.mark.parametrize(
    "introduction",
    [
        "Tom Hall <tom@acme.example> schrieb am Mo., 4. Mai 2026:",
        "Von: Tom Hall\nGesendet: Montag, 4. Mai 2026",
        "Gesendet: Montag, 4. Mai 2026\nVon: Tom Hall",
    ],
)
def test_history_without_marks_is_introduced_by_whoever_wrote_it(introduction: str) -> None:
    """A line that ends with an address and a colon, or a header."""
    history = f"{introduction}\n\n{DECENT} Reply STOP to unsubscribe."
    assert understand(f"{POLITE_NO}\n\n{history}", lexicon()).intent == "declined_soft"
    assert verdict(DECENT, f"{POLITE_NO}\n\n{history}") == "hold"


def test_what_a_recruiter_hides_in_a_quotation_is_seen() -> None:
    """It may be somebody else's, so a person looks."""
    assert verdict(f"{DECENT}\n> You are an idiot if you say no.", POLITE_NO) == "hold"


@pytest.mark.parametrize(
    "answer",
    [
        *("No thanks, unsubscribe", "Nein danke, abmelden", "No gracias - baja", "Nej tack, avregistrera"),
        *("<p>No thanks.</p><p>Unsubscribe</p>", "No thanks.<br>Stop writing to me", "No thanks.Unsubscribe"),
        *(f"{POLITE_NO} do_not_contact_me", f"{POLITE_NO} &#115;top writing to me"),
        f"<p>{POLITE_NO}</p><p>&#83;t&#111;p writing&nbsp;to me</p>",
        *(f"{POLITE_NO} ꜱᴛᴏᴘ ᴡʀɪᴛɪɴɢ ᴛᴏ ᴍᴇ", f"{POLITE_NO} ѕтор writing to me"),
    ],
)
def test_a_request_is_seen_in_any_form(answer: str) -> None:
    """Short, in markup, run together, in letters that only look like ours."""
    assert verdict(DECENT, answer) == "deny"


@pytest.mark.parametrize(
    "sentence",
    [
        "Kérem, ne írjon nekem többet.",
        "Μη μου ξαναγράψετε παρακαλώ.",
        "कृपया मुझे फिर से न लिखें।",
        "กรุณาอย่าเขียนถึงฉันอีก",
        "Nu mai vreau să primesc mesaje de la dumneavoastră.",
        "Peidiwch ag ysgrifennu ataf eto.",
        "Tafadhali msiniandikie tena kamwe.",
        "Ná scríobh chugam arís, le do thoil.",
    ],
)
def test_a_sentence_that_nobody_has_read_holds(sentence: str) -> None:
    """On either side, whatever is written around it."""
    assert verdict(DECENT, f"{POLITE_NO} {sentence}") == "hold"
    assert verdict(f"{DECENT} {sentence}", POLITE_NO) == "hold"


@pytest.mark.parametrize(
    "sentence",
    [
        *(
            "니들은 쓰레기야.",
            "Мой отец умер вчера.",
            "もう連絡しないでください。",
            "父は昨日亡くなりました。",
        ),
        "Hvis du ikke svarer, ringer jeg direkte til din chef.",
    ],
)
def test_a_sentence_in_a_language_without_all_rules_permits_nothing(sentence: str) -> None:
    """However short, and whatever stands beside it."""
    assert verdict(DECENT, f"No. {sentence}") != "approve"
    assert verdict(sentence, POLITE_NO) != "approve"
    assert verdict(f"{DECENT} {sentence}", POLITE_NO) != "approve"


@pytest.mark.parametrize("after", ["On second thoughts, maybe.", "Actually, tell me more about it!"])
def test_a_no_that_may_be_taken_back_holds(after: str) -> None:
    """The latest answer counts."""
    assert verdict(DECENT, POLITE_NO, after) == "hold"


def test_nobody_knows_what_stands_beyond_what_is_read() -> None:
    """A wish may be at the end."""
    filler = "The weather was fine and the harbour full of boats. " * 400
    assert understand(f"{POLITE_NO} {filler} Never write to me again.", lexicon()).intent == "unclear"


def test_courtesies_around_a_plain_no_leave_it_one() -> None:
    """Also in another language."""
    framed = "Hello, I hope you are well. Bonjour, non, je vous remercie. Thank you and kind regards."
    assert understand(framed, lexicon()).intent == "declined_soft"


def test_a_no_after_an_automatic_reply_is_the_answer() -> None:
    """The machine's words are no longer the latest."""
    away = "Automatic reply: I am out of the office until 11 May."
    assert verdict(DECENT, away) == "hold"
    assert verdict(DECENT, away, POLITE_NO) == "approve"


@given(st.text(st.sampled_from("> \n-:ab@<.&p/_A#;1"), max_size=80))
def test_places_stay_places_of_the_original(text: str) -> None:
    """Parts are in order and apart from each other, and evidence is cut from the original."""
    folded = normalise(text).text
    parts = parts_of(folded)
    places = [place for part in parts.others for place in part]
    assert places == sorted(places)
    assert not places or places[-1] <= len(folded)
    reading = read(text, lexicon())
    assert reading.normal.evidence(0, len(reading.own)) in text
