"""What became of a case."""

from shared.decision import SignedDecision
from shared.events.fields import CaseId, Data


class FollowupApproved(Data):
    """The permit: a signed decision without which the notifier sends nothing."""

    kind = "followup.approved"
    sealed = False
    permit: SignedDecision


class FollowupOutcome(Data):
    """What became of a case. Holds no personal data."""

    sealed = False
    case: CaseId
    codes: tuple[str, ...] = ()


class FollowupHeld(FollowupOutcome):
    """The case waits for a reviewer."""

    kind = "followup.held"


class FollowupDenied(FollowupOutcome):
    """No follow-up for this case."""

    kind = "followup.denied"


class FollowupSent(FollowupOutcome):
    """The mail server accepted the follow-up."""

    kind = "followup.sent"


class FollowupFailed(FollowupOutcome):
    """The mail server refused the follow-up; nothing was delivered."""

    kind = "followup.failed"


class FollowupUncertain(FollowupOutcome):
    """Nobody knows whether the follow-up went out; it is never repeated."""

    kind = "followup.uncertain"


class FollowupCancelled(FollowupOutcome):
    """The follow-up was stopped before its send began."""

    kind = "followup.cancelled"


class FollowupExpired(FollowupOutcome):
    """Nobody reviewed the held case in time."""

    kind = "followup.expired"


OUTBOUND: tuple[type[Data], ...] = (
    FollowupApproved,
    FollowupHeld,
    FollowupDenied,
    FollowupSent,
    FollowupFailed,
    FollowupUncertain,
    FollowupCancelled,
    FollowupExpired,
)
