#!/bin/sh
# Writes backups/afterword-TIME.tar.gz, whole or not at all, readable by its owner alone.
set -eu
cd "$(dirname "$0")/../.."
umask 077
mkdir -p backups
file=backups/afterword-$(date -u +%Y%m%dT%H%M%SZ).tar.gz
trap 'rm -f "$file.part"' EXIT
docker compose --profile tools run --rm --no-TTY --no-deps --entrypoint python3 console -m deploy.mongodb.backup > "$file.part"
mv "$file.part" "$file"
echo "$file"
