#!/bin/sh
# Makes .venv with everything the project needs, from a machine that has only Python and make. Asks nothing.
set -eu
cd "$(dirname "$0")/../.."

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$name" -c "$supported" 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "No Python 3.11, 3.12 or 3.13 on the PATH. Install one (Debian: apt-get install python3), or name it: make setup PYTHON=/path/to/python3.12" >&2
    exit 2
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

python=$(find_python)
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    # Debian keeps these two modules in a package of their own.
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    echo "Python's venv module is missing: installing $package"
    if ! command -v apt-get >/dev/null || ! as_root sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $package"; then
        echo "Could not install it. Please install Python's venv and ensurepip modules (Debian, Ubuntu: apt-get install $package), then run make setup again." >&2
        exit 2
    fi
fi

if ! .venv/bin/python -c "$supported" 2>/dev/null; then
    rm -rf .venv
    "$python" -m venv .venv
fi
# The lock is complete, so pip resolves nothing: left to resolve, it refuses an extra such as coverage[toml] as soon as a
# version newer than the locked one is published.
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
# The build backend is pinned in the lock as well, so nothing unhashed is fetched here.
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
.venv/bin/python -m pip check --disable-pip-version-check >/dev/null || { .venv/bin/python -m pip check >&2; exit 1; }
echo "Ready: $(.venv/bin/python -V) in .venv"
