#!/usr/bin/env bash
# Serves the folder beside this file on 127.0.0.1:$PORT, over the departments at $DEPARTMENTS_PORT + 1 to 4.
set -eu
cd "$(dirname "$0")"
export SALES_PORT=$((DEPARTMENTS_PORT + 1)) SUPPORT_PORT=$((DEPARTMENTS_PORT + 2))
export MARKETING_PORT=$((DEPARTMENTS_PORT + 3)) BILLING_PORT=$((DEPARTMENTS_PORT + 4))
exec ../../target/dist/c360 serve gateway
