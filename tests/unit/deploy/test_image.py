"""What goes into the image: what .dockerignore lets through to the engine, and what a wheel takes of it."""

import shutil
from pathlib import Path

import pytest
from docker.utils import exclude_paths
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[3]
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
#: What an operator writes, by default or as docs/operating.md has it.
WRITTEN = (
    ".env",
    "backups/afterword.tar.gz",
    "deploy/compose/settings.env",
    "deploy/compose/production.env",
    "deploy/compose/policy/policy.yaml",
    "deploy/compose/policy/tenants/acme.yaml",
    "deploy/secrets/pepper",
    "deploy/compose/secrets/pepper",
    "deploy/mongodb/secrets/pepper",
    "services/secrets/pepper",
)


def parts(*of: str) -> set[str]:
    """The files of these folders and files of the checkout, as they are packaged."""
    found = (
        path for one in of for path in ((ROOT / one).rglob("*") if (ROOT / one).is_dir() else [ROOT / one])
    )
    return {
        str(path.relative_to(ROOT)) for path in found if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the image is built from, with what an operator has written beside it."""
    for folder in ("services", "shared", "deploy"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "secrets")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for name in WRITTEN:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of an operator", "utf-8")
    return tmp_path


def packaged(folder: Path) -> set[str]:
    """What a wheel that is built in this folder holds."""
    return {file.distribution_path for file in WheelBuilder(str(folder)).recurse_included_files()}


def test_nothing_that_an_operator_wrote_goes_to_the_engine(checkout: Path) -> None:
    """A layer of an image keeps what it once held, and images are handed on."""
    assert not exclude_paths(str(checkout), IGNORED) & set(WRITTEN)


def test_the_image_holds_what_its_services_run_by_and_no_more(checkout: Path) -> None:
    """Whatever reads a file of the packages finds it; of the deployment there is what runs in a container."""
    context = checkout / "context"
    for name in exclude_paths(str(checkout), IGNORED):
        if (checkout / name).is_file():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(checkout / name, context / name)
    inside = ("deploy/__init__.py", "deploy/compose/__init__.py", "deploy/compose/ready.py")
    folders = ("services", "shared", "deploy/local", "deploy/mongodb", "deploy/rabbitmq")
    assert packaged(context) == parts(*inside, *folders)


def test_a_wheel_of_a_checkout_holds_nothing_that_an_operator_wrote(checkout: Path) -> None:
    """Also where no .gitignore says what that is."""
    assert not packaged(checkout) & set(WRITTEN)
