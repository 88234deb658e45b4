#!/usr/bin/env bash
# Fuzzes one target for some seconds, then keeps of the corpus what reaches something new. Needs cargo-fuzz.
#   fuzz/run.sh frames 600
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTC_BOOTSTRAP=1
target=$1 seconds=${2:-600}
cargo fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 -max_len=4096 -timeout=10
cargo fuzz cmin --sanitizer none "$target"
