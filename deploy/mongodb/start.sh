#!/bin/bash
# Starts mongod as the image would, with what the image cannot take from a secret mounted from a file: mongod refuses a key
# file that others may read or that is not its own.
set -euo pipefail
install -m 0400 -o mongodb -g mongodb /run/secrets/mongodb_keyfile /run/afterword/keyfile
MONGO_INITDB_ROOT_USERNAME=root
MONGO_INITDB_ROOT_PASSWORD=$(</run/secrets/mongodb_root_password)
export MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD
exec docker-entrypoint.sh mongod --replSet rs0 --keyFile /run/afterword/keyfile --bind_ip_all "$@"
