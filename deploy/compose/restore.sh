#!/bin/sh
# restore.sh FILE [--replace] [--resume]: stops the services, brings the backup back, starts them again.
set -eu
cd "$(dirname "$0")/../.."
if [ -z "${1:-}" ]; then
    echo "Which backup? make restore FILE=backups/afterword-....tar.gz" >&2
    exit 2
fi
if [ ! -r "$1" ]; then
    echo "$1: expected a backup that can be read" >&2
    exit 2
fi
file=$1
shift
docker compose up --detach --wait mongodb rabbitmq
docker compose stop intake worker policy notifier desk
docker compose run --rm --no-TTY --no-deps migrate
status=0
docker compose run --rm --no-TTY --no-deps migrate python3 -m deploy.mongodb.restore "$@" < "$file" || status=$?
case $status in
    0 | 3) docker compose up --detach --wait ;; # 3: refused, and nothing touched
    *) echo "The restore broke off; the services stay stopped. Run it again with REPLACE=1." >&2 ;;
esac
exit $status
