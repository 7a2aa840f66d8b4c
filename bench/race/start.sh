#!/usr/bin/env bash
# Serves the folder beside this file on 127.0.0.1:$PORT, over the departments at $DEPARTMENTS_PORT + 1 to 4.
# With CALLERS set, what departments answer is the caller's own, so that nothing is shared between requests.
set -eu
cd "$(dirname "$0")"
export SALES_PORT=$((DEPARTMENTS_PORT + 1)) SUPPORT_PORT=$((DEPARTMENTS_PORT + 2))
export MARKETING_PORT=$((DEPARTMENTS_PORT + 3)) BILLING_PORT=$((DEPARTMENTS_PORT + 4))
folder=gateway
if [ -n "${CALLERS:-}" ]; then
  folder=$(mktemp -d)
  cp -r gateway/. "$folder"
  sed -i 's/@cache(maxAge: 60)/@cache(maxAge: 60, scope: CALLER)/' "$folder"/schema/*.graphql
  grep -q 'scope: CALLER' "$folder"/schema/*.graphql
fi
exec ../../target/dist/c360 serve "$folder"
