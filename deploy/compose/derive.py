"""Writes what follows from the secrets in a folder: each service's URLs and the broker's users.

`python -m deploy.compose.derive deploy/secrets`, after `afterword secrets`. A password stays the one truth:
what is derived is rewritten when its password changed, and untouched otherwise.
"""

import json
import sys
from pathlib import Path
from urllib.parse import quote

from deploy.mongodb.rights import ROLES
from deploy.rabbitmq import definitions
from deploy.rabbitmq.rights import RIGHTS

REPLICA_SET = "rs0"
BROKER_USERS = (definitions.ADMIN, *RIGHTS)
USERS_FILE = "rabbitmq_users.json"
#: The folder is closed to others, its files are not: a container's user must read the one file it is given.
_FOLDER_MODE, _FILE_MODE = 0o700, 0o444


def derived(folder: Path) -> dict[str, str]:
    """File name to text, of everything that follows from the passwords.

    Raises FileNotFoundError, naming the file, where a password is missing.
    """

    def password(name: str) -> str:
        return (folder / f"{name}_password").read_text("utf-8").strip()

    broker = {user: password(f"rabbitmq_{user}") for user in BROKER_USERS}
    known = folder / USERS_FILE
    before = json.loads(known.read_text("utf-8")) if known.exists() else {}
    texts = {USERS_FILE: json.dumps(definitions.users(broker, before), indent=2)}
    for user, word in broker.items():
        texts[f"amqp_url_{user}"] = f"amqp://{user}:{quote(word, safe='')}@rabbitmq:5672/"
    for user in ROLES:
        word = quote(password(f"mongodb_{user}"), safe="")
        texts[f"mongo_url_{user}"] = (
            f"mongodb://{user}:{word}@mongodb:27017/afterword?replicaSet={REPLICA_SET}&authSource=admin"
        )
    return texts


def write(folder: Path) -> list[str]:
    """Writes what changed; returns its names."""
    changed = []
    for name, text in derived(folder).items():
        file = folder / name
        if not file.exists() or file.read_text("utf-8") != text:
            _replace(file, text)
            changed.append(name)
    # Compose mounts every secret it names: without a mail server's password there must still be a file.
    (folder / "smtp_password").touch()
    folder.chmod(_FOLDER_MODE)
    for file in folder.iterdir():
        file.chmod(_FILE_MODE)
    return changed


def _replace(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    part.write_text(text, "utf-8")
    part.replace(file)


if __name__ == "__main__":
    names = write(Path(sys.argv[1]))
    print(f"Derived from the passwords: {', '.join(names) or 'nothing new'}")
