#!/usr/bin/env bash
# Everything a change must pass, on a clean checkout: format, lints, docs, tests, examples. Sets up what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step format;   cargo fmt --all --check
step lints;    cargo clippy --workspace --all-targets --all-features -- -D warnings
step docs;     RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps
# What users turn on and off; the rest of this script builds with everything on.
step features
for features in schema runtime embedded otel cli; do
    cargo clippy --package ablo --no-default-features --features "$features" -- -D warnings
done

step "tools of other languages"
missing=()
for tool in node npm python3; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ "${#missing[@]}" -gt 0 ]; then
    command -v apt-get >/dev/null || { echo "install ${missing[*]}" >&2; exit 1; }
    as_root=$([ "$(id -u)" = 0 ] || echo sudo)
    $as_root apt-get update -q
    $as_root apt-get install -q -y nodejs npm python3 python3-venv
fi
if [ "$(node --print 'process.versions.node.split(".")[0]')" -lt 20 ]; then # a WebSocket of its own comes with 20
    npm install --silent --no-audit --no-fund --prefix target/node node@20
    PATH="$PWD/target/node/node_modules/.bin:$PATH"
fi
node --version
python3 --version

step postgres
ABLO_TEST_POSTGRES=$(scripts/postgres.sh)
export ABLO_TEST_POSTGRES
echo "$ABLO_TEST_POSTGRES"

step tests;    cargo test --workspace --all-features --no-fail-fast # tells every failure in one run
# Any crate of a build may turn these on, for everybody in it.
step "tests with other serde_json features"
cargo test -p ablo-schema --test 'wire_*' --test 'error_*' --features serde_json/arbitrary_precision,serde_json/preserve_order

step "other people's tools read what is emitted"
scripts/emitted.sh

step "a running server keeps to its own OpenAPI document"
scripts/schemathesis.sh

step examples
cargo run --example quickstart </dev/null # as the README says it, with default features
for example in examples/*.rs; do
    cargo run --quiet --all-features --example "$(basename "$example" .rs)" </dev/null
done
