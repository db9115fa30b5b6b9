"""What may stand in a follow-up, by what can be seen of it: names, addresses, numbers, markup."""

import pytest

from services.policy.text.content import Field, examine
from services.policy.text.lexicon import lexicon

THANKS = "Thank you for your answer. "


def codes(text: str, field: Field = "note", company: str | None = None) -> set[str]:
    """What speaks against a text."""
    return {finding.code for finding in examine(text, field, lexicon(), company).findings}


@pytest.mark.parametrize(
    ("text", "company"),
    [
        ("Booking.com thanks you for your answer.", "Booking.com"),
        ("Thank you from Booking.com's team.", "Booking.com"),
        ("With best wishes, BOOKING.COM", "Booking.com"),
        ("Grazie da tutto il team di Booking.com.", "Booking.com"),
        ("Everyone at Which? wishes you well.", "Which?"),
        ("Thank you and all the best, Rita, Société d'Étude S.A.R.L.", "Société d’Étude S.A.R.L."),
        ("Thank you from 1-800-Flowers.com.", "1-800-Flowers.com"),
        ("Thank you from all of us at Booking.com, and safe travels.", "Booking.com B.V."),
        ("Danke von uns allen bei Check24.de, alles Gute.", "Check24.de AG"),
        ("Thank you from all of us at Urgent.ly Inc., and safe travels.", "Urgent.ly Inc."),
        ("Thank you from all at Salary.com, and good luck.", "Salary.com"),
        ("Thank you from the team at 1-800-GOT-JUNK? and good luck with the garden.", "1-800-GOT-JUNK?"),
        ("Thank you, from the people at BOOKING.COM.", "Booking.com"),
        ("Dziękujemy z całym zespołem Link Asset Services i życzymy powodzenia.", "Link Asset Services"),
    ],
)
def test_the_senders_company_is_a_name_whatever_it_looks_like(text: str, company: str) -> None:
    """Its dots, figures and signs are no link, number or question; of another sender they would be."""
    assert codes(text, company=company) == set()


@pytest.mark.parametrize(
    ("text", "company"),
    [
        ("Thank you. 1-800-Flowers.com.evil.example", "1-800-Flowers.com"),
        ("Thank you, visit 1-800-Flowers.com", "1-800-Flowers.com"),
        ("Thank you. Browse Booking.com", "Booking.com"),
        ("Tack. Besök Booking.com", "Booking.com"),
        ("Thank you. Booking.com:8080/jobs", "Booking.com"),
        ("Thank you. evil.Booking.com", "Booking.com"),
        ("Thank you, http://evil.com", "http://evil.com"),
        ("Thank you. +44 113 496 0000", "+44 113 496 0000"),
        ("Thank you. 0113 496 0000.com", "0113 496 0000.com"),
        ("Which? of them would you like to try", "Which"),
        ("Danke. Mehr auf Check24.de!", "Check24.de GmbH"),
        ("Thank you. Reply to me", "Reply Inc."),
    ],
)
def test_the_company_lets_nothing_else_through(text: str, company: str) -> None:
    """Not what it is only a part of, nor an invitation to it, nor what is no company's name."""
    assert codes(text, company=company)


def test_evidence_names_the_company_as_it_is_written() -> None:
    """Whatever it was read as."""
    found = examine("Danke, schauen Sie auf Booking.com vorbei", "note", lexicon(), "Booking.com").findings
    assert any("auf Booking.com vorbei" in str(finding.evidence["words"]) for finding in found)


@pytest.mark.parametrize(
    "address",
    [
        "acme( . )com",
        "acme·com",
        "acme • com",
        "acme , com",
        "acme,com",
        "acmedotcom",
        "acme.c0m",
        "acme full stop com",
        "acme-dot-com",
        "acme nokta com",
        "rita-at-acme-dot-fr",
        "rita собака яндекс точка ру",
        "rita zavináč acme tečka cz",
        "linkedin slash rita",
        "home slash jobs slash rita",
        "insta: ritamoss",
        "Instagram rita_m",
        "localhost:8080",
        "intranet:8080/jobs",
        "[::1]",
        "acme%2Eio",
        "//acme/people",
        "例え.テスト",
        "acme\n.\nio",
        "acme.com:8080",
        "www acme-jobs de",
        "Procure por acme no Google.",
        "Tapez acme dans votre moteur de recherche.",
        "Wystarczy wpisać acme w wyszukiwarkę.",
        "Googla acme så ser du.",
    ],
)
def test_an_address_is_seen_through_its_disguise(address: str) -> None:
    """Whatever stands for the dot, the slash or the sign between."""
    assert "content.link" in codes(THANKS + address)


@pytest.mark.parametrize(
    "number",
    [
        "零一一 三四九六 零零零零",
        "공일일 삼사구육 공공공공",
        "ноль один один три четыре девять шесть",
        "sıfır bir bir üç dört dokuz altı",
        "0️⃣1️⃣1️⃣3️⃣4️⃣9️⃣6️⃣",
        "06•12•34•56•78",
        "603 555 221",
        "1-800-HARBOUR",
        "Seis cientos doce, treinta y cuatro, cincuenta y seis, siete ocho.",
        "null sechs zweiundvierzig dreißig elf",
    ],
)
def test_a_number_is_seen_in_words_and_key_caps(number: str) -> None:
    """In scripts that have figures of their own, and in the words of each covered language."""
    assert "content.phone" in codes(THANKS + number)


@pytest.mark.parametrize(
    "markup",
    [
        "*|FNAME|*",
        "Dear [Vorname], hello",
        "{!Contact.Name}",
        "`code`",
        "~~great~~",
        "\n# Heading",
        "Cc: everyone",
        "h\u0336e\u0336l\u0336l\u0336o\u0336",
        "u\u0332n\u0332d\u0332e\u0332r\u0332",
        "a" + 30 * "\u0301",
        "[b]so much[/b]",
        "[color=red]so much",
        "so *very* kind",
        "so _very_ kind",
        "\n* kind\n* clear",
        "\n***\nAll the best",
        "\n===\nAll the best",
        "\n---|---\na|b",
        "\n> Thank you",
        r"\textbf{Thank you}",
        "Grazie, [nome], e auguri.",
        "Gracias, [nombre del candidato], y suerte.",
        "\nHi FIRSTNAME, all the best",
        "\nDear NAME, all the best",
        "Dear FIRST_NAME, all the best",
        "Thank you, (insert name), and good luck.",
    ],
)
def test_markup_is_no_plain_word(markup: str) -> None:
    """Fields to be filled in, styles, headers, and lines or heaps of marks on letters."""
    assert "content.markup" in codes(THANKS + markup)


@pytest.mark.parametrize(
    "text",
    [
        "Obrigada, com carinho.",
        "Merci à toutes les candidat·es.",
        "Gràcies, col·lega.",
        "Thank you for your note on LinkedIn: it was kind.",
        "Thank you, Sean O`Brien and Tim O`Neil.",
        "Thank you for ten years as a singer slash baker.",
        "Thank you, I agree 1️⃣0️⃣0️⃣%",
        "Cảm ơn bạn, Nguyễn Thị Minh Khai.",
        "Thank you for your time from 9 to 5, and on Friday from 8 to 4.",
        "Thank you [and Ole too] for the kind words, which made my day [sic].",
        "Danke an alle Kolleg*innen und Kandidat*innen.",
        "Thank you, and good luck * the team adds a wave *",
        "Thank you.\n-- \nAnna | Harbourline | Leeds",
        "Tack.\n//Anna",
        "Thank you for building 12 500 000 little boxes.",
        "Thank you. 31 12 2026 will be a fine last day.",
        "Merci pour ces quatre cent quatre-vingt-dix-neuf jours.",
        "Thank you for two thousand three hundred and twenty five days.",
        "Good luck with the search team at Google, and boa sorte no Google.",
    ],
)
def test_plain_words_are_no_disguise(text: str) -> None:
    """What languages and honest writers do with dots, slashes, commas and marks."""
    assert codes(text) & {"content.link", "content.phone", "content.markup"} == set()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("S.N.C.F.", "company"),
        ("Rossi S.r.l.s.", "company"),
        ("A.P.J.K. Rahman", "name"),
        ("Lead Recruiter (.NET and C++)", "title"),
    ],
)
def test_abbreviations_and_joined_trades_are_labels(text: str, field: Field) -> None:
    """Initials hide no word, and `and` makes no sentence."""
    assert codes(text, field) == set()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("ASP.NET Developer", "title"),
        ("Senior Engineer (ASP.NET, C#)", "title"),
        ("ADO.NET / ASP.NET Core Engineer", "title"),
        ("Socket.IO Engineer", "title"),
        ("Monday.com Administrator", "title"),
        ("Next.js / Nest.js Engineer", "title"),
        ("Dot Net Developer", "title"),
        ("Urgent Care Physician", "title"),
        ("Sachbearbeiter Lohn und Gehalt (m/w/d)", "title"),
        ("Appointment Setter", "title"),
        ("Palkka- ja palkkioasiantuntija", "title"),
        ("Research Scientist, CV", "title"),
        ("Salary.com", "company"),
        ("Urgent.ly Inc.", "company"),
        ("1-800-GOT-JUNK?", "company"),
        ("María del Carmen de la Cruz y Ortega", "name"),
        ("Prof. Dr. med. Dr. h. c. Ute Klein", "name"),
        ('William "Bill" Harris', "name"),
        ("Katarzyna „Kasia” Nowak", "name"),
    ],
)
def test_trades_products_and_long_names_are_labels(text: str, field: Field) -> None:
    """Whatever their words, dots and quotation marks would mean in a sentence."""
    assert codes(text, field) == set()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Engineer harbourline.io", "title"),
        ("Recruiter, Harbourline.com Jobs", "title"),
        ("Harbourline.com Jobs", "title"),
        ("Visit Harbourline.com Today", "title"),
        ("Enfermera, llama hoy", "title"),
        ("Pielęgniarka, dzwoń dziś", "title"),
        ("Contabile – manda il CV", "title"),
        ("Booking.com?ref=1", "company"),
        ("reply-to-us-now.com", "company"),
        ("Call us now at Harbourline.com", "company"),
        ("thank you so much for all of it and see you", "name"),
        ('"Bill Harris"', "name"),
    ],
)
def test_requests_and_addresses_are_no_labels(text: str, field: Field) -> None:
    """In what looks like a title, a company or a name at first sight."""
    assert codes(text, field)


@pytest.mark.parametrize(
    "text",
    [
        "Danke für die Formel mit Δt und die Ω-Skala, alles Gute.",
        "Thank you for the μTorrent story, all the best.",
        "Congratulations on twelve years, if I counted right.",
        "Please do not feel you need to reply.",
        "Your paper on executive salary caps was sharp. Thank you for the answer.",
        "Fica registrado, não vou ligar nem escrever de novo. Muito obrigado e boa sorte.",
    ],
)
def test_a_kind_note_may_use_the_words_of_requests(text: str) -> None:
    """Symbols, counts, subjects, and what the sender will not do."""
    assert codes(text) == set()


def test_a_disguised_word_is_no_symbol() -> None:
    """One letter of another script in a word that says something."""
    assert "content.mixed_script" in codes("Thank you. Αpply now, call μs.")


def test_words_taken_apart_are_no_abbreviation() -> None:
    """In a body, and where the letters are those of a request."""
    assert codes("Thank you. C.A.L.L. me")
    assert codes("C.A.L.L. M.E. N.O.W.", "company")
