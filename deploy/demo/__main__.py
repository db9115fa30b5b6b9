"""`python -m deploy.demo [--keep | --stop | --compose]`: what `make demo` and its kin run."""

import argparse
import shutil
import signal
import sys
from typing import NoReturn

from deploy.demo import keep
from deploy.demo.containers import compose_stack
from deploy.demo.engine import ComposeFailed, NoEngine
from deploy.demo.local import LocalStack, local_stack
from deploy.demo.show import Show
from deploy.demo.telling import Told, tell
from deploy.local.owner import ServerDied
from deploy.local.server import NotOurs
from deploy.local.ways import NoServers
from shared.clock import SystemClock
from shared.encoding import from_b64url

NO_SERVERS, INTERRUPTED = NoServers.exit_code, 130
_RUN_BYTES = 4
#: Where the logs of a run that failed are left.
_LOGS = keep.FILE.with_name("demo-logs")
_ELSEWHERE = (
    "  README.md               what Afterword promises, and how to run it for good",
    "  docs/                   its architecture, its events, how to operate it",
    "  deploy/demo/stories.py  these stories: what is sent, and what is checked",
)


def main() -> int:
    """0: every story ended as it must. 1: one did not. 2: no servers or no engine. 130: interrupted."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--keep", action="store_true", help="leave everything running")
    modes.add_argument("--stop", action="store_true", help="end what --keep left running")
    modes.add_argument("--compose", action="store_true", help="run the stories against the containers")
    arguments = parser.parse_args()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    show = Show()
    try:
        if arguments.stop:
            keep.stop(show.say)
            return 0
        return _in_containers(show) if arguments.compose else _locally(show, kept=arguments.keep)
    except (NoServers, NotOurs, NoEngine, keep.RunsAlready) as error:
        print(error, file=sys.stderr)
        return NO_SERVERS
    except (ComposeFailed, ServerDied, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing is left running.", file=sys.stderr)
        return INTERRUPTED


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    # A second Ctrl-C would interrupt the tidying up.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise KeyboardInterrupt


def _locally(show: Show, *, kept: bool) -> int:
    clock = SystemClock()
    began, run = clock.now(), from_b64url(clock.token(_RUN_BYTES)).hex()
    with show.progress(), local_stack(run, clock, show.say, kept=kept) as stack:
        ready = clock.now()
        told = tell(stack, clock, run, show.say)
        mails = stack.mails()
        setting_up, telling = (ready - began).total_seconds(), (clock.now() - ready).total_seconds()
        show.table(told, f"{stack.where}; ready after {setting_up:.0f} s, told in {telling:.0f} s.")
        if any(one.fault for one in told):
            shutil.copytree(stack.folder / "logs", _LOGS, dirs_exist_ok=True)
            show.say(f"What the services wrote lies in {_LOGS}")
    if mails:
        show.mail(mails[0])
    show.lines(("Where to look next:", *_ELSEWHERE, *(_kept(stack) if kept else _KEEP)))
    return verdict(show, told)


def _in_containers(show: Show) -> int:
    clock = SystemClock()
    run = from_b64url(clock.token(_RUN_BYTES)).hex()
    with show.progress(), compose_stack(run, show.say) as stack:
        ready = clock.now()
        told = tell(stack, clock, run, show.say)
        mails = [mail for mail in stack.mails() if run in "".join(mail.to)]
        show.table(told, f"{stack.where}; told in {(clock.now() - ready).total_seconds():.0f} s.")
    if mails:
        show.mail(mails[0])
    show.lines(
        (
            "Cases were read through the desk's API. Mailpit lists no headers and only how a text begins, so",
            "the one-click address was made in the desk's container instead of being taken from the mail.",
            "Where to look next:",
            *_ELSEWHERE,
        )
    )
    return verdict(show, told)


_KEEP = ("  make demo KEEP=1        the same, left running to look around in",)


def _kept(stack: LocalStack) -> tuple[str, ...]:
    return (
        "  .run/demo.env           addresses, keys and process ids of what still runs",
        f"  {stack.intake_url}  intake, which serves its OpenAPI under /openapi.json",
        f"  {stack.desk_url}  the desk, likewise",
        "  make demo-stop          ends it",
    )


def verdict(show: Show, told: list[Told]) -> int:
    """The exit code; names the stories that ended otherwise."""
    show.faults(told)
    return int(any(one.fault for one in told))


if __name__ == "__main__":
    sys.exit(main())
