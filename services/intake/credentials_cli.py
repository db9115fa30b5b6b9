"""`afterword source credentials`: with what a source's platform is asked, or its mailbox polled."""

from pathlib import Path
from typing import Annotated

import typer

from services.intake.registry import Sources
from services.intake.trial_cli import read_object
from shared.clock import SystemClock
from shared.errors import Invalid
from shared.settings import SourceKeys, load
from shared.store.client import Database
from shared.store.session import with_database
from shared.vault import Keyring

app = typer.Typer()


@app.command()
def credentials(
    name: Annotated[str, typer.Argument(help="Of the source.")],
    *,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A JSON object: what opens it."),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Ask its platform, or mailbox, no more.")] = False,
) -> None:
    """Store what opens the API of a source's platform, or its mailbox, sealed; or take it away.

    Of a source of mail FILE names `host` and `user`, and either `password` or `oauth`: an object of
    `token_url`, `client_id`, and either `client_secret` and `scope` (the client's own right) or
    `refresh_token` (what the user allowed; `client_secret` and `scope` if its server wants them). `port` is
    993 and `folder` INBOX, if not told otherwise.

    Microsoft 365: 1. Register an app in Entra, with a client secret. 2. Give it the application permission
    IMAP.AccessAsApp of Office 365 Exchange Online, with admin consent. 3. In Exchange Online PowerShell run
    New-ServicePrincipal for it, and Add-MailboxPermission for the one mailbox. 4. FILE: `host`
    outlook.office365.com, `user` the mailbox, and in `oauth` the `token_url`
    https://login.microsoftonline.com/TENANT/oauth2/v2.0/token, `client_id`, `client_secret`, and the `scope`
    https://outlook.office365.com/.default

    Google: 1. Make an OAuth client in the Cloud console, for an internal audience. 2. Let the mailbox's user
    allow it the scope https://mail.google.com/ offline, which gives a refresh token. 3. FILE: `host`
    imap.gmail.com, `user` the mailbox, and in `oauth` the `token_url` https://oauth2.googleapis.com/token,
    `client_id`, `client_secret` and `refresh_token`

    docs/sources/email.md has each step in full.
    """
    if (file is None) is not remove:
        raise Invalid.at("", "either --file FILE or --remove is expected")
    given = None if file is None else read_object(file, "--file")
    keyring = None if given is None else Keyring.parse(load(SourceKeys).source_keys.get_secret_value())

    async def work(database: Database) -> str:
        sources = Sources(database, SystemClock())
        if given is None or keyring is None:
            return await sources.forget_credentials(name)
        return await sources.keep_credentials(name, given, keyring)

    use = with_database(work)
    typer.echo(f"{name} is not {use} any more" if remove else f"{name} is {use} from now on")
