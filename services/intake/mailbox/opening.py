"""How a folder is opened: with a password, or with a token that is fetched first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.intake.mailbox.credentials import Login, MailboxCredentials, plain, xoauth2
from services.intake.mailbox.folder import Folder, LoginRefused
from services.intake.mailbox.tokens import Tokens


@asynccontextmanager
async def open_folder(credentials: MailboxCredentials, tokens: Tokens) -> AsyncIterator[Folder]:
    """The folder, until the end of the block. Raises Unreadable."""
    folder = await _opened(credentials, tokens)
    try:
        yield folder
        await folder.log_out()
    finally:
        folder.let_go()


async def _opened(credentials: MailboxCredentials, tokens: Tokens) -> Folder:
    user, oauth = credentials.user, credentials.oauth
    if oauth is None:
        assert credentials.password is not None  # noqa: S101 - one of the two is there
        return await _logged_in(credentials, plain(user, credentials.password))
    try:
        return await _logged_in(credentials, xoauth2(user, await tokens.kept(oauth)))
    except LoginRefused:
        # it may have been revoked before its time; on a new connection, for some servers end the old one
        return await _logged_in(credentials, xoauth2(user, await tokens.fresh(oauth)))


async def _logged_in(credentials: MailboxCredentials, login: Login) -> Folder:
    folder = Folder(credentials, login)
    try:
        await folder.open()
    except BaseException:
        folder.let_go()
        raise
    return folder
