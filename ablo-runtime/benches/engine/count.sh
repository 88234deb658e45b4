#!/usr/bin/env bash
# What one commit costs the thread that writes, in instructions: by hand, by the engine, and the ratio of the two. SQLite
# without syncing, 1,000 rows first, then 6,400 commits of one row in batches of 64; what comes before them is taken off.
# Needs valgrind. Usage: ablo-runtime/benches/engine/count.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
bench=$(cargo bench -p ablo-runtime --features sqlite --bench engine --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\))/\1/p')
[[ $bench = /* ]] || bench=$(dirname "$(cargo locate-project --workspace --message-format plain)")/$bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

counted() { # of the process's second thread, which writes
    valgrind --quiet --tool=callgrind --separate-threads=yes --callgrind-out-file="$work/out" "$bench" count "$@"
    sed -n 's/^totals: //p' "$work/out-02"
}

for key in plain key; do
    for verb in create update; do
        for who in hand engine; do
            none=$(counted "$who" "$verb" "$key" 0)
            all=$(counted "$who" "$verb" "$key" 6400)
            declare "$who=$(((all - none) / 6400))"
        done
        printf '%-6s %-5s  by hand %6d   engine %6d   %d.%02d\n' "$verb" "$key" "$hand" "$engine" \
            "$((hand / engine))" "$((hand * 100 / engine % 100))"
    done
done
