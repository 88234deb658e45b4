#!/usr/bin/env bash
# A running server asked at random, as its own OpenAPI document says: nothing fails inside, and every answer is one the
# document describes. Arguments go to schemathesis, for longer runs.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
tools=$target/tools/schemathesis
work=$target/tmp/schemathesis
mkdir -p "$work"
export SCHEMATHESIS_HOOKS=$PWD/scripts/schemathesis/hooks.py

if [ ! -x "$tools/bin/schemathesis" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet schemathesis==4.32.5
fi
cargo build --quiet --all-features --bin ablo

mkfifo "$work/ready.$$"
"$target/debug/ablo" serve --addr 127.0.0.1:0 --dev --json --log-level error --schema ablo-schema/tests/data/studio.json >"$work/ready.$$" &
server=$!
trap 'kill "$server"; rm -f "$work/ready.$$"' EXIT
read -r ready <"$work/ready.$$"
# Rows with the id it tries first, so that not everything it asks for is missing.
python3 - "$ready" <<'PYTHON'
import json, sys, urllib.request
ready = json.loads(sys.argv[1])
rows = [
    ("workspaces", {"name": "0"}),
    ("projects", {"workspaceId": "0", "name": "0"}),
    ("tasks", {"projectId": "0", "title": "0", "status": "todo", "rank": 0, "done": False}),
]
operations = [{"action": "create", "model": model, "id": "0", "data": data} for model, data in rows]
request = urllib.request.Request(
    f"http://{ready['addr']}/v1/commits",
    json.dumps({"clientTxId": "rows", "operations": operations}).encode(),
    {"Authorization": f"Bearer {ready['secretKey']}", "Content-Type": "application/json"},
)
urllib.request.urlopen(request).read()
PYTHON
member() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$ready" "$1"; }
addr=$(member addr) key=$(member secretKey)

cd "$work" # it leaves files where it runs
"$tools/bin/schemathesis" run "http://$addr/v1/openapi.json" --header "Authorization: Bearer $key" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --continue-on-failure --generation-database=none --seed 1 --max-examples "${1:-5}" "${@:2}"

# What is generated must get past the first check, or nothing behind it was asked.
for model in workspaces projects tasks; do
    rows=$(curl --silent --fail "http://$addr/v1/models/$model" --header "Authorization: Bearer $key")
    made=$(grep --only-matching '"id":' <<<"$rows" | wc -l)
    echo "$model: $made rows"
    [ "$made" -gt 1 ] || { echo "no $model was made" >&2; exit 1; }
done
