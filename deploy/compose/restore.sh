#!/bin/sh
# restore.sh FILE [--replace] [--resume]: stops the services, brings the backup back, starts them again.
set -eu
cd "$(dirname "$0")/../.."
if [ ! -r "${1:-}" ]; then
    echo "Which backup? make restore FILE=backups/afterword-....tar.gz" >&2
    exit 2
fi
file=$1
shift
docker compose up --detach --wait mongodb rabbitmq migrate
docker compose stop intake policy notifier desk
docker compose run --rm --no-TTY --no-deps migrate python3 -m deploy.mongodb.restore "$@" < "$file"
docker compose up --detach --wait
