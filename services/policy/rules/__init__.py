"""The map of the rules: every one of them runs on every case, in this order or any other."""

from collections.abc import Iterable
from typing import Protocol

from services.policy.context import Context, Finding
from services.policy.document import Policy
from services.policy.rules import (
    conduct,
    consent,
    provenance,
    provenance_of_whom,
    provenance_of_words,
    reputation,
    review,
    single,
    stage,
    velocity,
    words,
)


class Rule(Protocol):
    """A named, pure function of what is known and what was laid down."""

    __name__: str
    __module__: str

    def __call__(self, context: Context, policy: Policy, /) -> Iterable[Finding]:
        """The findings, of which there may be none. May raise: the judge then holds the case."""
        ...


RULES: tuple[Rule, ...] = (
    provenance_of_whom.who_declined,
    provenance_of_whom.somebodys,
    provenance_of_whom.not_the_companys,
    provenance.looked_up,
    provenance.outreach_came_first,
    provenance.answered_by_a_person,
    provenance_of_words.text_agrees,
    provenance_of_words.own_words,
    provenance.confirmed_by_others,
    provenance.not_from_the_future,
    provenance.not_stale,
    provenance.not_withdrawn,
    stage.thanked_for,
    consent.nothing_forbids,
    consent.words_forbid_nothing,
    consent.preference_allows,
    single.no_claim_stands,
    single.few_other_tenants,
    single.one_person,
    conduct.whole_history,
    conduct.no_burst,
    conduct.no_insisting,
    conduct.no_writing_on,
    conduct.one_channel_at_a_time,
    conduct.no_mailing,
    velocity.recruiter_per_hour,
    velocity.recruiter_per_day,
    velocity.tenant_per_day,
    velocity.source_per_day,
    velocity.no_spray_and_pray,
    reputation.recruiter_record,
    reputation.team_record,
    reputation.tenant_record,
    reputation.probation,
    reputation.no_breaker_open,
    words.outreach_was_decent,
    words.answers_allow,
    review.decided,
    review.not_cancelled,
)
