#!/usr/bin/env bash
# What is emitted for other tools, read by those tools: redocly, openapi-spec-validator, jsonschema, openapi-typescript
# with the TypeScript compiler, a Python generator, mermaid, Graphviz, an SVG renderer, PostgreSQL's parser, squawk.
# Installs them below target/ the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
emitted=$target/tmp/emit
tools=$target/tools
work=$target/tmp/emitted
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
mkdir -p "$tools" "$work"

if [ ! -d "$tools/node_modules/openapi-fetch" ]; then
    npm install --silent --no-audit --no-fund --prefix "$tools" \
        @redocly/cli@2.77.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3 \
        mermaid@11.6.0 jsdom@26.1.0 @hpcc-js/wasm-graphviz@1.29.2 @resvg/resvg-js@2.6.2
fi
if [ ! -x "$tools/python/bin/datamodel-codegen" ]; then
    python3 -m venv "$tools/python"
    "$tools/python/bin/pip" install --quiet openapi-spec-validator==0.9.0 datamodel-code-generator==0.89.0 jsonschema==4.26.0
fi

if [ ! -x "$tools/python/bin/squawk" ]; then
    "$tools/python/bin/pip" install --quiet pglast==8.8 squawk-cli==2.70.0
fi

random=$target/tmp/emit_random
rm -rf "$emitted" "$random"
cargo test --quiet -p ablo-schema --test emit documents_are_written_for_other_tools >/dev/null
cargo test --quiet --all-features --test macros rows_are_written_for_a_validator >/dev/null

"$tools/node_modules/.bin/redocly" lint --config scripts/emitted/redocly.yaml --format=summary "$emitted"/*.openapi.json 2>&1 | tail -n 3
"$tools/python/bin/python" scripts/emitted/check.py "$emitted" "$random" "$work"

cp scripts/emitted/use.ts "$work/use.ts"
cp "$emitted/studio.types.ts" "$work/types.ts"
"$tools/node_modules/.bin/openapi-typescript" "$emitted/studio.openapi.json" --default-non-nullable false -o "$work/api.ts" >/dev/null
"$tools/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck false --target es2022 --module es2022 --moduleResolution bundler "$work/use.ts" "$emitted"/*.types.ts
echo "the generated TypeScript compiles"

# A client made from what the example exports, against a running server.
cargo build --quiet --all-features --bin ablo --example openapi_export
shop=$work/shop
rm -rf "$shop"
"$target/debug/examples/openapi_export" "$shop" >/dev/null
cp scripts/emitted/client.ts "$shop/client.ts"
ln -sfn "$(cd "$tools" && pwd)/node_modules" "$shop/node_modules"
echo '{ "type": "module" }' >"$shop/package.json"
"$tools/node_modules/.bin/openapi-typescript" "$shop/openapi.json" --default-non-nullable false -o "$shop/api.ts" >/dev/null
"$tools/node_modules/.bin/tsc" --strict --target es2022 --module es2022 --moduleResolution bundler "$shop/client.ts"
node scripts/emitted/client.mjs "$target/debug/ablo" "$shop/schema.json" "$shop/client.js"
node scripts/emitted/draw.mjs "$emitted" "$tools"

rm -rf "$work/sql"
mkdir -p "$work/sql"
cargo test --quiet -p ablo-schema --test sql_written >/dev/null
"$tools/python/bin/python" scripts/emitted/sql.py "$tools/python/bin/squawk" "$work/sql" "$target/tmp/sql" tests/cli/golden
