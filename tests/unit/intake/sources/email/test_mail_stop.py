"""Which answers ask for silence and say nothing else."""

import pytest

from services.intake.sources import mail_stop


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        " stop.\n",
        "Please unsubscribe!",
        "désinscription",
        "DESINSCRIPTION",
        "Abmelden\n-- \nAda Example",
        "отписаться",
        "退订",
        "配信停止",
        "수신 거부",
        "إلغاء الاشتراك",
        "stop\n\nOn Monday, Rey wrote:\n> stop?\n> never",
        "stop\n\nAm Montag schrieb Rey\n<rey@acme.example>:\n> Hallo",
        "stop\n\n----- Original Message -----\nFrom: Rey",
        "stop\n________________________________\nFrom: Rey",
        "stop\n> quoted right below",
        "STOP\n\nFrom: Rey <rey@acme.example>\nSent: Monday\nTo: Ada\nSubject: Designer\n\nHi Ada",
        "Stop\n\n*From:* Rey\n*Date:* Monday\n\nHi Ada",
        "Abmelden\nVon: Rey <rey@acme.example>\n\nGesendet: Montag\nAn: Ada",
        "désinscription\n\nDe\u00a0: Rey\nEnvoyé\u00a0: lundi\nÀ\u00a0: Ada",
        "baja\n\nDe: Rey\nEnviado el: lunes\nPara: Ada",
        "wypisz\n\nOd: Rey\nWysłano: poniedziałek",
        "dur\n\nKimden: Rey\nGönderme Tarihi: Pazartesi",
        "стоп\n\n От: Рей\n Отправлено: понедельник",
        "退订\n\n发件人\uff1a Rey\n发送时间\uff1a 星期一",
        "수신 거부\n\n보낸 사람: Rey\n보낸 날짜: 월요일",
        "توقف\n\n\u200fمن: Rey\n\u200fتم الإرسال: الاثنين",
        "STOP\n    On Monday, 4 May 2026 at 10:00:08 BST, Rey <rey@acme.example> wrote:  \n \n Dear Ada,",
        "STOP\n\n    Le lundi 4 mai 2026, Rey\n<rey@acme.example> a écrit :  \n \n Bonjour",
        "STOP\nAm 4. Mai 2026 schrieb Rey (rey@acme.example):\nLiebe Ada",
        "STOP\n\n\u202bAra, 4 May 2026, \u202aRey\u202c <\u202arey@acme.example\u202c>:\u202c\n\n> Hi",
        "Stop\n \nGesendet: Montag, 04. Mai 2026\nVon: Rey\nAn: Ada\n\nLiebe Ada",
        "Stop\n\nSent: Monday\n\nFrom: Rey <rey@acme.example>\n\nTo: Ada\n\nDear Ada",
        "Stop\n\nDe la: Rey <rey@acme.example>\nTrimis: luni\nCătre: Ada",
        "dur\n\nGönderen: Rey\nGönderme Tarihi: Pazartesi",
        "On Monday, Rey wrote:\n\n> Dear Ada,\n\n> reply STOP\n\nSTOP",
        "> Dear Ada\n\nstop\n\n-- \nAda",
        "STOP\n\nSent from my iPhone",
        "Stop.\nSent from Outlook for iOS\n\n> quoted",
        "Stop\n\nGet Outlook for Android",
        "Bitte abmelden.\n\nVon meinem iPhone gesendet",
        "Désinscription\n\nEnvoyé de mon iPad",
        "Baja\n\nEnviado desde mi Samsung Galaxy",
        "lopeta\n\nLähetetty iPhonesta",
        "wypisz\n\nWysłano z iPhone'a",
        "STOP\n\nSent from Mail for Windows\n\nFrom: Rey\nSent: Monday\n\nDear Ada",
        "STOP\n\nOutlook für Android herunterladen<https://aka.ms/AAb9ysg>\n________________________________",
        "STOP\n\nTélécharger Outlook pour iOS<https://aka.ms/o0ukef>",
        "STOP\n\nPobierz program Outlook dla systemu iOS",
        "STOP\n\nOdesláno z iPhonu",
        "STOP\n\niPhone'umdan gönderildi",
        "STOP\n\n发自我的iPhone",
        "STOP\n\niPhoneから送信",
        "STOP\n\n나의 iPhone에서 보냄",
        "STOP\n\nDiese Nachricht wurde von meinem Android-Gerät mit GMX Mail gesendet.",
        "STOP\n\nYahoo Mail: Search, Organize, Conquer",
        "STOP\n\n\n\nSent with Proton Mail secure email.\n\n\nOn Monday, Rey wrote:\n\n> Dear Ada",
        "STOP\n\nSent from my iPhone\n\nGet Outlook for iOS",
        "取消订阅",
        "구독 취소",
        "Darse de baja",
        "Se désabonner",
        "Désabonnez-moi, s'il vous plaît.",
        "Do not contact me again!",
        "Don\u2019t contact me",
        "No more e-mails, thank you",
        "Stop, please.",
        "S T O P",
        "S\u200bTOP\u200d",
    ],
)
def test_a_word_that_asks_for_silence_and_nothing_else_is_an_opt_out(text: str) -> None:
    """In any spelling, above whatever history."""
    assert mail_stop.is_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "no",
        "nein danke",
        "stopped",
        "Stop by on Monday",
        "I cannot stop",
        "> stop",
        "Great!\n> stop",
        "stop\n\nAda",
        "Stop by\n\nSent from my iPhone",
        "Sent from my iPhone",
        "stop\n\nI sent the CV from my desk, not from my iPhone",
        "stop\n\nSent from my heart",
        "stop\n\nSent my CV",
        "stop\n\nMy iPhone was resent",
        "stop\n\nSent from my iPhone" + " again" * 20,
        "Please",
        "Thanks, please",
        "s t",
        "Thanks:\n\nstop the presses:\n> x",
        "stop\n\nFrom: a friend\nI would have expected it",
        "stop\n\nDate: Monday\nFrom: Ada",
        "stop\n\nMonday: nothing\nTuesday: an interview\nFriday: an offer",
        "stop\n\nI will be at ada@example.com from 10:00",
        "stop\n\nThese are the times:\n10:00 or 11:00",
        "> Dear Ada\nstop",
        "> Dear Ada\n\nGladly\n\n> the terms\n\nstop",
        "From: Rey\nSent: Monday\n\nstop",
        "--",
    ],
)
def test_everything_else_is_left_to_policy(text: str) -> None:
    """A mere no, more words, or the words of somebody else."""
    assert not mail_stop.is_stop(text)


@pytest.mark.parametrize(
    "subject", ["stop", "Re: unsubscribe", "RE: Re[2]: Stop.", "AW: abmelden", "回复\uff1a退订"]
)
def test_a_subject_may_be_the_answer_to_such_a_word(subject: str) -> None:
    """Programs write so before it."""
    assert mail_stop.is_stop_subject(subject)


@pytest.mark.parametrize("subject", ["", "Re:", "Re: Designer", "Rest: stop", "Reunsubscribe"])
def test_any_other_subject_asks_for_nothing(subject: str) -> None:
    """Nor does one that only begins like it."""
    assert not mail_stop.is_stop_subject(subject)


@pytest.mark.parametrize(
    "text", ["", "> Dear Ada,\n> we have a role.", "Sent from my iPhone", "On Monday, Rey wrote:\n> x"]
)
def test_a_subject_speaks_where_nothing_was_written_below_it(text: str) -> None:
    """Whatever programs wrote there; but not above words of the writer's own."""
    assert mail_stop.is_stop(text, "Stop")
    assert not mail_stop.is_stop(text, "Designer")
    assert not mail_stop.is_stop(f"Gladly\n\n{text}", "Stop")


@pytest.mark.parametrize(
    "text",
    [
        "a:\n",
        "a:\n" + "\n" * 99,
        "a@b 2026 " * 30 + ":\n",
        "> a\n\n",
        "Sent from my iPhone\n",
        "sent " * 20 + "\n",
    ],
)
def test_a_long_text_is_no_stop(text: str) -> None:
    """Nor is it looked at for ever, whatever its lines look like: the test would not end."""
    assert not mail_stop.is_stop("stop by\n" + text * (250_000 // len(text)))
