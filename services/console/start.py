"""The entry of `afterword`: an interrupt ends it as quietly while it loads, which takes a while, as later."""

import sys


def main() -> None:
    """Load the command, and run it."""
    try:
        from services.console.main import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
