#!/usr/bin/env bash
# Builds what is shipped.
set -eu
cd "$(dirname "$0")/../.."
cargo build --profile dist --bin c360
