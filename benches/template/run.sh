#!/usr/bin/env bash
# What the template workspace of examples/build_script costs to build: cold, after an edit of a model that changes what
# the build script writes (median of five), and when nothing changed. Wall clock, and the processor time beside it.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/examples/build_script/." "$work"
sed -i "s|path = \"../..\"|path = \"$root\"|" "$work/Cargo.toml"
cd "$work"
export CARGO_TARGET_DIR=$work/target
unset RUSTFLAGS CI ABLO_BUILD
cargo fetch --quiet

TIMEFORMAT='%R %U %S'
build() { { time cargo build --quiet --offline; } 2>&1 | tail -n 1 | awk '{ printf "%.0f ms (%.0f ms)\n", $1 * 1000, ($2 + $3) * 1000 }'; }

echo "cold           $(build)"
for edit in 1 2 3 4 5; do
    sed -i "s|/// What, in a few words.*|/// What, in a few words. $edit|" models/src/lib.rs
    build
done | sort -n | sed -n '3s/^/after an edit  /p'
echo "nothing to do  $(build)"
