"""`make demo` as a user runs it: a process, its table, its exit code, and nothing left behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from deploy.demo import keep
from deploy.demo.stories import STORIES
from deploy.local.process import run
from deploy.local.servers import Servers
from deploy.local.waiting import wait_until
from deploy.local.ways import AMQP_VARIABLE, API_VARIABLE, MONGO_VARIABLE

COMMAND = [sys.executable, "-m", "deploy.demo"]
ESCAPE = "\x1b"
#: Up to a minute is promised on an idle machine.
RUN_TIMEOUT_S = 150


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the demo under test puts its throw-away folders, by which its processes are told from others."""
    return tmp_path


def _environment(folder: Path, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    return {**inherited, "TMPDIR": str(folder), **more}


def _on(servers: Servers, folder: Path) -> dict[str, str]:
    """An environment that leads to the servers of the test session."""
    urls = {AMQP_VARIABLE: servers.amqp_url, MONGO_VARIABLE: servers.mongo_url}
    return _environment(
        folder, **urls, **({API_VARIABLE: servers.rabbitmq.api} if servers.rabbitmq.api else {})
    )


def _demo(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )


def _processes(folder: Path) -> list[str]:
    """Command lines of living processes that know the folder by their environment or arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes()
            known = said + (process / "environ").read_bytes()
        except OSError:
            continue  # It ended meanwhile, or is not ours to look at.
        if str(folder).encode() in known:
            found.append(said.replace(b"\0", b" ").decode(errors="replace")[:200])
    return found


def _nothing_is_left(folder: Path) -> None:
    wait_until(lambda: not _processes(folder), timeout_s=15, what="no process of the demo is left")


@pytest.mark.timeout(RUN_TIMEOUT_S + 30)
def test_every_story_ends_as_it_must_and_nothing_is_left_running(folder: Path) -> None:
    """On servers of its own: exit 0, each story a row, the mail as it arrived, plain text, nothing left."""
    done = _demo(_environment(folder, AFTERWORD_SERVERS="native"))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^│ (\d+) +│", done.stdout, re.MULTILINE)
    assert [int(number) for number in rows] == list(range(1, len(STORIES) + 2))
    for words in (
        *("conduct.insisted", "provenance.no_outreach", "provenance.declined_by_company"),
        *("single.", "consent.opted_out", "provenance.unclear_who", "0 with faults"),
        *("conduct.guilt", "provenance.text_disagrees", "greeted by no name"),
        *("Subject: Thank you for your answer", "List-Unsubscribe: <http", "Where to look next"),
    ):
        assert words in done.stdout
    assert ESCAPE not in done.stdout
    assert _processes(folder) == []
    assert list(folder.iterdir()) == []


@pytest.fixture
def kept_file() -> Iterator[Path]:
    """Where a kept demo is noted; whatever the test leaves running is ended."""
    if keep.left_running():
        pytest.skip(f"a demo of somebody's is running ({keep.FILE}); this test would end it")
    yield keep.FILE
    keep.stop(lambda _line: None)


@pytest.mark.timeout(3 * RUN_TIMEOUT_S)
def test_a_kept_demo_can_be_used_and_ended_and_does_not_hinder_another(
    servers: Servers, folder: Path, kept_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers under what its file says, a plain demo passes beside it, another is refused; stop."""
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    kept = _demo(_on(servers, folder), "--keep")
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert kept_file.stat().st_mode & 0o777 == 0o600

    shown = subprocess.run(
        ["sh", "-ec", '. "$1"; env', "sh", str(kept_file)], capture_output=True, text=True, check=True
    )
    values = dict(line.split("=", 1) for line in shown.stdout.splitlines() if "=" in line)
    authorization = {"authorization": f"Bearer {values['DEMO_DESK_KEY']}"}
    cases = httpx.get(f"{values['DEMO_DESK_URL']}/v1/cases", headers=authorization, trust_env=False)
    assert cases.status_code == httpx.codes.OK
    assert len(cases.json()["items"]) > len(STORIES)
    afterword = {name: value for name, value in values.items() if name.startswith("AFTERWORD_")}
    assert "0 with faults" in run("case", "verify", env=afterword)

    assert _demo(_on(servers, folder), "--keep").returncode == 2
    beside = _demo(_on(servers, folder))
    assert beside.returncode == 0, beside.stdout + beside.stderr

    stopped = _demo(_on(servers, folder), "--stop")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert _processes(folder) == []
    assert list(folder.iterdir()) == []
    assert not kept_file.exists()


def _vhosts(servers: Servers) -> list[str]:
    login = urlsplit(servers.amqp_url)
    answer = httpx.get(
        f"{servers.rabbitmq.api}/api/vhosts",
        auth=(login.username or "guest", login.password or "guest"),
        trust_env=False,
    )
    return [vhost["name"] for vhost in answer.raise_for_status().json()]


def _until_stories(environment: dict[str, str]) -> subprocess.Popen[str]:
    """A demo that has begun to tell."""
    demo = subprocess.Popen(
        COMMAND,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith(" 2/"):
            return demo
    raise AssertionError("the demo ended before its second story")


@pytest.mark.timeout(RUN_TIMEOUT_S)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminate"])
def test_an_interrupted_demo_leaves_nothing(servers: Servers, folder: Path, how: signal.Signals) -> None:
    """Amid its stories: exit 130, no process, no file, and on servers of others no vhost."""
    demo = _until_stories(_on(servers, folder))
    assert _processes(folder)
    demo.send_signal(how)
    with demo:
        assert demo.wait(30) == 130
    assert _processes(folder) == []
    assert list(folder.iterdir()) == []
    assert not [name for name in _vhosts(servers) if name.startswith(keep.FOLDER_PREFIX)]


@pytest.mark.timeout(RUN_TIMEOUT_S)
def test_a_killed_demo_leaves_no_process(servers: Servers, folder: Path) -> None:
    """Kill -9 gives it no time to tidy up; its services and its mail server end all the same."""
    demo = _until_stories(_on(servers, folder))
    with demo:
        demo.kill()
    _nothing_is_left(folder)
