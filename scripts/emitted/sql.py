"""Reads all generated SQL with PostgreSQL's own parser, and judges it with squawk. What squawk may say is listed, with the
reason, in sql-exclusions.json; anything else fails, and so does a line of the list that nothing needs."""

import collections
import glob
import json
import os
import re
import subprocess
import sys

import pglast

squawk, work, *folders = sys.argv[1:]
files = sorted(path for folder in folders for path in glob.glob(os.path.join(folder, "*.sql")))
assert len(files) > 200, len(files)

BLOCK = re.compile(r"DO \$ablo\$(.*?)\$ablo\$;", re.S)
INNER = re.compile(r"^ +((?:ALTER|CREATE|UPDATE) [^;]*;)$", re.M)


def kind(path):
    """provision, migrate or online; a golden folder's files are named like a user's."""
    first = os.path.basename(path).split(".")[0]
    return "migrate" if first[0].isdigit() else first


statements = blocks = 0
batches = collections.defaultdict(list)
for path in files:
    with open(path) as file:
        text = file.read()
    try:
        statements += len(pglast.parse_sql(text))
        for body in BLOCK.findall(text):
            json.dumps(pglast.parse_plpgsql(f"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $ablo${body}$ablo$;"))
            blocks += 1
            for inner in INNER.findall(body):
                pglast.parse_sql(inner)
    except pglast.parser.ParseError as error:
        sys.exit(f"{path}: {error}")
    # squawk does not look into blocks, so it gets what they run.
    text = BLOCK.sub(lambda block: "\n".join(INNER.findall(block[1])), text)
    alone = ".after." in os.path.basename(path) or text.startswith("-- no-transaction")
    copy = os.path.join(work, f"{kind(path)}-{'alone' if alone else 'together'}-{os.path.basename(path)}")
    with open(copy, "w") as file:
        file.write(text)
    batches[alone].append(copy)
print(f"PostgreSQL's parser reads {statements} statements and {blocks} blocks in {len(files)} files")

found = collections.defaultdict(list)
for alone, paths in batches.items():
    options = ["--reporter", "json", "--pg-version", "15"] + ([] if alone else ["--assume-in-transaction"])
    run = subprocess.run([squawk, *options, *paths], capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    for finding in json.loads(run.stdout):
        of = os.path.basename(finding["file"]).split("-")[0]
        found[of, finding["rule_name"]].append(f"{finding['file']}:{finding['line'] + 1}: {finding['message']}")

with open(os.path.join(os.path.dirname(__file__), "sql-exclusions.json")) as file:
    reviewed = {(of, rule): reason for of, rules in json.load(file).items() for rule, reason in rules.items()}
failed = False
for (of, rule), places in sorted(found.items()):
    if (of, rule) not in reviewed:
        failed = True
        print(f"{of}: {rule}: {len(places)} findings nobody reviewed, the first at {places[0]}")
for of, rule in sorted(reviewed.keys() - found.keys()):
    failed = True
    print(f"{of}: {rule} is excluded and found nowhere; take it off sql-exclusions.json")
if failed:
    sys.exit(1)
print(f"squawk says nothing beyond {len(reviewed)} reviewed exclusions")
