"""The entry of `afterword`: an interrupt ends it as quietly while it loads, which takes a while, as later."""

import sys


def main() -> None:
    """Load the command, and run it."""
    try:
        from services.console.main import commands, run

        app = commands(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    run(app)
