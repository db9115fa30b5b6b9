"""The sections of a policy document: every threshold of a rule, its bounds, and which way it is stricter.

The hard promises are not in it, because they are not for choosing: an opt-out, a complaint, an erasure, a
bounce and a standing permit deny whatever is written here, and so does a no that came from the company.
"""

from typing import Annotated, Literal

from pydantic import Field

from services.policy.sending_times import ScheduleRules
from services.policy.stages import Stages
from services.policy.tighter import Section, Tighter

Action = Literal["hold", "deny"]

_LOWER, _HIGHER = Tighter("lower"), Tighter("higher")
_StricterAction = Annotated[Action, Tighter("deny")]


class Provenance(Section):
    """What makes a decline believable."""

    no_outreach: _StricterAction = Field(
        "deny", description="Nothing was written to this person before the no."
    )
    reversed_order: _StricterAction = Field(
        "deny", description="The only messages on record came after the no."
    )
    outreach_within_days: Annotated[int, _LOWER] = Field(
        180, ge=1, le=730, description="How far before the no a message counts as what the no answers."
    )
    decline_max_age_days: Annotated[int, _LOWER] = Field(
        30, ge=1, le=90, description="A no older than this is not thanked for any more."
    )
    future_tolerance_seconds: Annotated[int, _LOWER] = Field(
        300, ge=0, le=3600, description="How far a sender's clock may be ahead."
    )
    too_fast_seconds: Annotated[int, _HIGHER] = Field(
        10, ge=0, le=3600, description="Hold a no that came sooner after the message than this."
    )
    same_words_at: Annotated[int, _LOWER] = Field(
        10, ge=1, le=100_000, description="Hold when so many other people said no in the same long words."
    )
    confirm_min_declines: Annotated[int, _LOWER] = Field(
        20, ge=1, le=100_000, description="Below this many declines in 90 days nobody asks who confirms them."
    )
    confirmed_at_least_percent: Annotated[int, _HIGHER] = Field(
        5,
        ge=0,
        le=100,
        description="Hold when surely fewer of a source's declines are confirmed by another, while the "
        "tenant's other sources are.",
    )


class Consent(Section):
    """What may be asked beyond the wishes that are always obeyed."""

    only_if_wanted: Annotated[bool, Tighter("true")] = Field(
        False, description="Write only to who has said that a follow-up is welcome."
    )


class Single(Section):
    """Once, and not by everybody at the same time."""

    cooldown_days: Annotated[int, _HIGHER] = Field(
        180,
        ge=30,
        le=3650,
        description="One follow-up for one person at one tenant in this many days, counted from when it may "
        "have gone out at the latest.",
    )
    other_tenants_hold_at: Annotated[int, _LOWER] = Field(
        3, ge=1, le=20, description="Hold when this many other tenants wrote to the person lately."
    )
    other_tenants_within_days: Annotated[int, _HIGHER] = Field(
        30, ge=1, le=365, description="What lately means for the other tenants."
    )


class Conduct(Section):
    """How much writing is too much. The bounds keep the promises: no document can allow a fourth message."""

    burst_messages: Annotated[int, _LOWER] = Field(
        3, ge=2, le=3, description="Deny at this many messages within the burst window."
    )
    burst_window_hours: Annotated[int, _HIGHER] = Field(
        24, ge=24, le=168, description="The burst window; a message at its very end is inside."
    )
    unanswered_deny_at: Annotated[int, _LOWER] = Field(
        4, ge=2, le=4, description="Deny at this many messages before an answer."
    )
    unanswered_hold_at: Annotated[int, _LOWER] = Field(
        3, ge=2, le=4, description="Hold at this many messages before an answer."
    )
    channels_window_hours: Annotated[int, _HIGHER] = Field(
        72, ge=24, le=720, description="Deny when two channels were used within this time, its end included."
    )
    same_template_at: Annotated[int, _LOWER] = Field(
        200, ge=2, le=1_000_000, description="Hold when so many other people got the same words within a day."
    )


class Velocity(Section):
    """How fast is too fast, for anybody who is honest. The case at hand counts as one."""

    recruiter_per_hour: Annotated[int, _LOWER] = Field(
        10, ge=1, le=100_000, description="Follow-ups in an hour for one recruiter."
    )
    recruiter_per_day: Annotated[int, _LOWER] = Field(
        30, ge=1, le=100_000, description="Follow-ups in 24 hours for one recruiter."
    )
    tenant_per_day: Annotated[int, _LOWER] = Field(
        500, ge=1, le=10_000_000, description="Follow-ups in 24 hours for one tenant."
    )
    source_per_day: Annotated[int, _LOWER] = Field(
        500, ge=1, le=10_000_000, description="Follow-ups in 24 hours from one source."
    )
    when_exceeded: _StricterAction = Field("hold", description="What happens beyond these counts.")
    spray_min_declines: Annotated[int, _LOWER] = Field(
        20, ge=1, le=100_000, description="Below this many declines in 30 days a share says nothing."
    )
    spray_declines_per_hundred_outreach: Annotated[int, _LOWER] = Field(
        60, ge=1, le=100_000, description="Declines for a hundred messages at which it is spray and pray."
    )
    when_spraying: _StricterAction = Field("hold", description="What happens to who sprays and prays.")


class Reputation(Section):
    """What earlier conversations say about whose case this is: 90 days, the older the lighter.

    A percentage is compared with what the share of conversations that ended badly surely is not below (the
    lower end of a 95 % interval), so few conversations prove nothing.
    """

    recruiter_hold_percent: Annotated[int, _LOWER] = Field(
        15, ge=1, le=100, description="Hold at this share of bad ends for one recruiter."
    )
    recruiter_deny_percent: Annotated[int, _LOWER] = Field(
        40, ge=1, le=100, description="Deny at this share of bad ends for one recruiter."
    )
    recruiter_min_bad: Annotated[int, _LOWER] = Field(
        5, ge=1, le=1000, description="Bad ends below which nothing is held; below twice as many, denied."
    )
    team_hold_percent: Annotated[int, _LOWER] = Field(
        13, ge=1, le=100, description="Hold at this share of bad ends for one team."
    )
    team_deny_percent: Annotated[int, _LOWER] = Field(
        45, ge=1, le=100, description="Deny at this share of bad ends for one team."
    )
    team_min_bad: Annotated[int, _LOWER] = Field(
        10, ge=1, le=100_000, description="The same floor for a team."
    )
    tenant_hold_percent: Annotated[int, _LOWER] = Field(
        12, ge=1, le=100, description="Hold at this share of bad ends for one tenant."
    )
    tenant_deny_percent: Annotated[int, _LOWER] = Field(
        50, ge=1, le=100, description="Deny at this share of bad ends for one tenant."
    )
    tenant_min_bad: Annotated[int, _LOWER] = Field(
        15, ge=1, le=100_000, description="The same floor for a tenant."
    )
    grave_hold_percent: Annotated[int, _LOWER] = Field(
        3, ge=1, le=100, description="Hold at this share of complaints and invented declines."
    )
    grave_deny_percent: Annotated[int, _LOWER] = Field(
        20, ge=1, le=100, description="Deny at this share of complaints and invented declines."
    )
    grave_min_bad: Annotated[int, _LOWER] = Field(
        3, ge=1, le=1000, description="Complaints and invented declines below which nothing is held."
    )
    bad_half_life_days: Annotated[int, _HIGHER] = Field(
        30, ge=7, le=365, description="After so many days a bad end weighs half."
    )
    good_half_life_days: Annotated[int, _LOWER] = Field(
        30, ge=7, le=365, description="After so many days a good end weighs half."
    )
    probation_follow_ups: Annotated[int, _HIGHER] = Field(
        10, ge=0, le=1000, description="A recruiter is new until so many follow-ups brought no bad end."
    )
    probation_per_day: Annotated[int, _LOWER] = Field(
        10, ge=1, le=100_000, description="Follow-ups in 24 hours for a recruiter who is new."
    )
    breaker_min_bad: Annotated[int, _LOWER] = Field(
        10, ge=1, le=100_000, description="Complaints, opt-outs and bounces in three days that may be a jump."
    )
    breaker_floor_percent: Annotated[int, _LOWER] = Field(
        20, ge=1, le=100, description="A share of them that is surely below this is no jump."
    )


class ReviewRules(Section):
    """What becomes of a held case that nobody looks at."""

    expires_after_days: Annotated[int, _LOWER] = Field(
        14, ge=1, le=90, description="A held case that nobody decided in this time expires unsent."
    )


class Document(Section):
    """A whole policy document; what a file leaves out has the default."""

    provenance: Provenance = Provenance()
    stages: Stages = Stages()
    consent: Consent = Consent()
    single: Single = Single()
    conduct: Conduct = Conduct()
    velocity: Velocity = Velocity()
    reputation: Reputation = Reputation()
    schedule: ScheduleRules = ScheduleRules()
    review: ReviewRules = ReviewRules()
    grace_seconds: Annotated[int, _LOWER] = Field(
        120, ge=0, le=3600, description="How long a no waits for the message that it answers to be reported."
    )
