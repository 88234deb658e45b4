#!/usr/bin/env bash
# What the derives cost to compile: 100 models of 10 fields, beside the same structs with serde's two derives.
# Prints the best of five `cargo check`s of each crate with its dependencies already checked, and of five checks after
# an edit of one model. Usage: benches/compile/run.sh [MODELS [FIELDS]]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
models=${1:-100} fields=${2:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

crate() { # name, dependency line, head of each file, derives, type of the id
    mkdir -p "$work/$1/src"
    printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s\n[workspace]\n' "$1" "$2" >"$work/$1/Cargo.toml"
    {
        printf '#![allow(dead_code)]\n%s\n' "$3"
        for ((model = 0; model < models; model++)); do
            printf '#[derive(%s)]\npub struct Model%d {\n    pub id: %s,\n' "$4" "$model" "${5//@/Model$model}"
            for ((field = 1; field < fields; field++)); do
                case $((field % 5)) in
                    0) type='Option<String>' ;; 1) type=String ;; 2) type=i64 ;; 3) type=bool ;; 4) type=f64 ;;
                esac
                printf '    pub field%d: %s,\n' "$field" "$type"
            done
            printf '}\n'
        done
    } >"$work/$1/src/lib.rs"
}
crate plain '' '' 'Clone' String
crate serde_both 'serde = { version = "1", features = ["derive"] }' '' 'Clone, serde::Serialize, serde::Deserialize' String
crate ablo_model "ablo = { path = \"$root\", default-features = false, features = [\"schema\"] }" 'use ablo::prelude::*;' 'Clone, AbloModel' 'Id<@>'

# The same with a schema of all models, which is checked as a whole.
cp -r "$work/ablo_model" "$work/ablo_schema"
sed -i 's/"ablo_model"/"ablo_schema"/' "$work/ablo_schema/Cargo.toml"
{
    printf '#[derive(AbloSchema)]\npub struct App {\n'
    for ((model = 0; model < models; model++)); do printf '    pub model%d: Model%d,\n' "$model" "$model"; done
    printf '}\n'
} >>"$work/ablo_schema/src/lib.rs"

measure() { # what makes it stale; prints the best wall time and the processor time of that run
    local best=999999 wall user sys used=0 TIMEFORMAT='%3R %3U %3S'
    for _ in 1 2 3 4 5; do
        "$@"
        read -r wall user sys < <({ time cargo check --quiet --offline 2>&3; } 3>&2 2>&1)
        wall=$((10#${wall/./})) user=$((10#${user/./})) sys=$((10#${sys/./}))
        if ((wall < best)); then best=$wall used=$((user + sys)); fi
    done
    printf '%5d ms (%5d ms of processor)' "$best" "$used"
}
whole() { touch src/lib.rs; rm -rf target/debug/incremental/"$name"-*; }
edit() { sed -i "0,/field1: String/s//field1: Option<String>/;t;0,/field1: Option<String>/s//field1: String/" src/lib.rs; }

printf '%d models of %d fields, rustc %s, %s cores\n' "$models" "$fields" "$(rustc --version | cut -d' ' -f2)" "$(nproc)"
for name in plain serde_both ablo_model ablo_schema; do
    cd "$work/$name"
    CARGO_TARGET_DIR=$work/$name/target
    export CARGO_TARGET_DIR
    cargo generate-lockfile --quiet --offline 2>/dev/null || cargo generate-lockfile --quiet
    cargo check --quiet
    printf '%-12s whole %s   after an edit %s\n' "$name" "$(measure whole)" "$(measure edit)"
done
