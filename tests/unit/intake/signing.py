"""Signs as platforms do, by the reference library of Standard Webhooks and not by our own reading of it."""

from datetime import datetime

from standardwebhooks import Webhook

from services.intake.registry import new_secret

SECRET = new_secret()
OTHER_SECRET = new_secret()


def signed(body: bytes, at: datetime, *, secret: str = SECRET, message: str = "msg_1") -> dict[str, str]:
    """The headers of a delivery signed at this time."""
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, at, body.decode()),
    }
