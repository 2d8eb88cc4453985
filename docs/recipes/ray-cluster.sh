#!/usr/bin/env bash
# A Ray cluster by hand: on one machine `ray-cluster.sh head`, on each other one
# `ray-cluster.sh join HEAD:6379`. Ctrl-C takes the machine out again.
#
# RAY_AUTH_TOKEN must be the same on all of them, and where the search runs:
#     python -c 'import secrets; print(secrets.token_hex(32))'
set -euo pipefail

: "${RAY_AUTH_TOKEN:?the same on all machines; whoever has it can run code on them}"
export RAY_AUTH_MODE=token

case ${1:-} in
head) where=(--head --port="${2:-6379}" --include-dashboard=false) ;;
join) where=(--address="${2:?usage: ray-cluster.sh join HEAD:6379}") ;;
*) echo "usage: ray-cluster.sh head [PORT], or ray-cluster.sh join HEAD:PORT" >&2; exit 2 ;;
esac
exec ray start "${where[@]}" --block --disable-usage-stats
