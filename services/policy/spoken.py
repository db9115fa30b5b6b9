"""The words that findings rest on: messages opened and read again by the same rules, for who may see them.

A decision names message and rule and never repeats the words, which stay sealed with their person.
"""

from collections.abc import Iterable, Mapping, Sequence

from services.policy.context import Finding
from services.policy.explain import rules_of
from services.policy.text import conduct
from services.policy.text.lexicon import Lexicon
from services.policy.text.reply import understand
from services.policy.text.thread import standing
from shared.errors import Destroyed
from shared.store.client import Database
from shared.store.people import People
from shared.vault import Vault

#: Of a message what is said against it: code and rule, and the words.
Spans = Mapping[tuple[str, str], Sequence[str]]
NOT_KEPT = "not kept, or forgotten with the person"


def spans(text: str, counts_as: str | None, lexicon: Lexicon) -> Spans:
    """What the rules see in a text today, by what it was: outreach, a reply, or a no."""
    if counts_as == "outreach":
        found = conduct.findings(text, lexicon, where="")
    else:
        found = list(standing(understand(text, lexicon), now=counts_as == "decline"))
    seen: dict[tuple[str, str], list[str]] = {}
    for one in found:
        words = one.evidence.get("words")
        seen.setdefault((one.code, str(one.evidence.get("rule", ""))), []).extend([str(words)] * bool(words))
    return seen


def words_of(finding: Finding, read: Mapping[str, Spans]) -> list[str]:
    """The words that a finding rests on, each once; none where it rests on no words."""
    message = finding.evidence.get("message")
    if not isinstance(message, str) or not any(rules_of(finding)):
        return []
    if message not in read:
        return [NOT_KEPT]
    seen = (read[message].get((finding.code, rule), ()) for rule in rules_of(finding))
    return list(dict.fromkeys(words for some in seen for words in some))


async def read_again(
    database: Database, findings: Iterable[Finding], vault: Vault, lexicon: Lexicon
) -> dict[str, Spans]:
    """The messages that these findings name, opened and read; those that cannot be opened are left out."""
    wanted = [message for found in findings if isinstance(message := found.evidence.get("message"), str)]
    events = await database["events"].find({"_id": {"$in": wanted}, "sealed": {"$ne": None}}).to_list(None)
    cards = await People(database).by_ids(event["card"] for event in events)
    read: dict[str, Spans] = {}
    for event in events:
        try:
            key = vault.open(cards[event["card"]]["data_key"])
        except Destroyed:
            continue
        text = key.open(event["sealed"], event["_id"].encode()).decode()
        read[event["_id"]] = spans(text, event["counts_as"], lexicon)
    return read
