"""The IMAP server that is started as a process: pymap, with logins by tokens as Google documents them.

A token opens its user's mailbox as long as it is a line of the file named last on the command line.
"""

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymap.config import IMAPConfig
from pymap.main import main
from pysasl import SASLAuth
from pysasl.creds.external import ExternalCredentials
from pysasl.hashing import BuiltinHash
from pysasl.mechanism import ChallengeResponse, ServerChallenge
from pysasl.mechanism.oauth import OAuth2Mechanism
from pysasl.mechanism.plain import PlainMechanism

TOKENS = Path(sys.argv.pop())


class _Bearer(ExternalCredentials):
    """Who shows a token."""

    @property
    def authcid(self) -> str:
        return self.authzid

    def verify(self, identity: Any) -> Any:
        return self.holds()

    def holds(self) -> bool:
        """Whether the token is one of those that open."""
        return self._token in TOKENS.read_text().splitlines()


class _XOAuth2(OAuth2Mechanism):
    """Tells what is wrong with a token in a challenge, and says no once that is answered by nothing."""

    def server_attempt(self, responses: Sequence[ChallengeResponse]) -> tuple[_Bearer, None]:
        told, _ = super().server_attempt(responses)
        bearer = _Bearer(told.authzid, told._token)
        if len(responses) == 1 and not bearer.holds():
            raise ServerChallenge(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
        if len(responses) > 1:
            assert [one.response for one in responses[1:]] == [b""]
        return bearer, None


def run() -> None:
    """Serves until it is ended."""
    # Every look logs in, and 500,000 rounds of a hash would be most of what is waited for.
    (BuiltinHash.__init__.__kwdefaults__ or {})["rounds"] = 1
    # Nobody holds on to the tasks that serve its connections: a collection could end one half-way.
    gc.disable()
    mechanisms = SASLAuth([PlainMechanism(), _XOAuth2()])
    IMAPConfig.tls_auth = property(lambda _: mechanisms)  # type: ignore[method-assign, assignment]
    main()


if __name__ == "__main__":
    run()
