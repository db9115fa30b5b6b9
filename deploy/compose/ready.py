"""Whether the service here answers /readyz: `python -m deploy.compose.ready` exits 0, or 1 with the reason.

Imports nothing of the services: it runs every few seconds in each container.
"""

import http.client
import os
import sys

PORT = int(os.environ["AFTERWORD_HTTP_PORT"])
TIMEOUT_S = 4


def main() -> int:
    """0 when ready."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = answer.read(2_000).decode("utf-8", "replace")
    except OSError as error:
        print(f"port {PORT} does not answer: {error}")
        return 1
    finally:
        connection.close()
    print(said)
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
