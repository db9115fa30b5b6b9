from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.policy.document import load_base, schema
from services.policy.policy_cli import policy

RUN = CliRunner()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A valid base document on disk."""
    path = tmp_path / "base.yaml"
    path.write_text("grace_seconds: 60\n", encoding="utf-8")
    return path


def test_lint_prints_the_version_of_a_valid_document(base: Path) -> None:
    """Exit 0, and the version that decisions will name."""
    result = RUN.invoke(policy, ["lint", str(base)])
    assert (result.exit_code, result.output) == (
        0,
        f"{base}: {load_base('grace_seconds: 60', 'x').version}\n",
    )


def test_lint_prints_each_fault_with_its_place(base: Path) -> None:
    """Exit 1 and one line for each fault."""
    base.write_text("grace_seconds: -1\nreview:\n  days: 3\n", encoding="utf-8")
    result = RUN.invoke(policy, ["lint", str(base)])
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{base}:1:16: /grace_seconds: expected at least 0, got -1",
        f"{base}:3:3: /review/days: expected the name of a field; there is none called so",
    ]


def test_lint_holds_an_override_to_its_base(base: Path, tmp_path: Path) -> None:
    """With --base the file may only tighten, and the faults name the file at fault."""
    override = tmp_path / "acme.yaml"
    override.write_text("grace_seconds: 30\n", encoding="utf-8")
    assert RUN.invoke(policy, ["lint", str(override), "--base", str(base)]).exit_code == 0
    override.write_text("grace_seconds: 61\n", encoding="utf-8")
    result = RUN.invoke(policy, ["lint", str(override), "--base", str(base)])
    assert result.exit_code == 1
    assert result.output.startswith(f"{override}:1:16: /grace_seconds: an override may only tighten")


def test_lint_says_what_is_wrong_with_a_file_it_cannot_read(tmp_path: Path) -> None:
    """A missing file or other bytes than UTF-8 are one clear line and exit 1."""
    missing = RUN.invoke(policy, ["lint", str(tmp_path / "none.yaml")])
    binary = tmp_path / "latin.yaml"
    binary.write_bytes(b"grace_seconds: 1 # \xe9\n")
    garbled = RUN.invoke(policy, ["lint", str(binary)])
    assert (missing.exit_code, garbled.exit_code) == (1, 1)
    assert "No such file" in missing.output
    assert "expected UTF-8" in garbled.output


def test_schema_prints_the_schema() -> None:
    """What an editor needs to check a document while it is typed."""
    result = RUN.invoke(policy, ["schema"])
    assert (result.exit_code, result.output) == (0, schema())
