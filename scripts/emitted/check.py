"""Reads the emitted documents with other people's Python tools."""

import glob
import importlib.util
import json
import os
import subprocess
import sys

import jsonschema
from openapi_spec_validator import validate

emitted, random, work = sys.argv[1:]
documents = sorted(glob.glob(os.path.join(emitted, "*.openapi.json")))
assert len(documents) > 20, documents
examples = 0
for path in documents:
    with open(path) as file:
        document = json.load(file)
    validate(document)
    # Every example is what its schema says.
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
            validator.validate(example)
            examples += 1
for path in sorted(glob.glob(os.path.join(emitted, "*.schema.json"))):
    with open(path) as file:
        jsonschema.Draft202012Validator.check_schema(json.load(file))
print(f"{len(documents)} documents and {examples} examples are valid")

# A row, and what is not one.
with open(os.path.join(emitted, "studio.schema.json")) as file:
    bundle = json.load(file)


def accepts(form, value):
    return jsonschema.Draft202012Validator({**bundle, "$ref": f"#/$defs/{form}"}).is_valid(value)


task = {"projectId": "p", "title": "t", "status": "todo", "rank": 1.5}
row = {**task, "id": "t1", "done": False, "createdAt": "2026-01-31T12:00:00Z", "updatedAt": "2026-01-31T12:00:00Z"}
steps = {"steps": [{"text": "a", "sub": [{"text": "b", "sub": []}]}], "mood": "calm"}
assert accepts("TaskCreate", task) and accepts("Task", row) and accepts("TaskPatch", {})
assert accepts("TaskPatch", {"checklist": steps, "priority": None, "notes": [1, "any", None]})
assert not accepts("TaskCreate", {"title": "t"}) and not accepts("TaskCreate", {**task, "titel": "t"})
assert not accepts("TaskPatch", {"status": "later"}) and not accepts("TaskPatch", {"title": None})
assert not accepts("TaskPatch", {"checklist": {**steps, "mood": "loud"}})
assert not accepts("Task", task)

# What serde writes of random rows is what their schema says, and a member too much or too little is not.
forms = {}
for form in ["create", "patch", "row"]:
    with open(os.path.join(random, f"{form}.schema.json")) as file:
        forms[form] = jsonschema.Draft202012Validator(json.load(file))
base = {"createdAt": "2026-01-31T12:00:00Z", "updatedAt": "2026-01-31T12:00:00Z"}
rows = 0
with open(os.path.join(random, "rows.jsonl")) as file:
    for line in file:
        row = json.loads(line)
        changed = {name: value for name, value in row.items() if name != "id"}
        forms["create"].validate(row)
        forms["patch"].validate(changed)
        forms["row"].validate({**row, **base})
        for wrong in [{"tiny": "1"}, {"look": {"fontSize": 1}}, {"mood": "silent"}]:
            assert not forms["create"].is_valid({**row, **wrong}), wrong
        assert not forms["row"].is_valid(row)
        rows += 1
assert rows == 500, rows
print(f"{rows} random rows are what their schemas say")

# A generated client library can be imported and used.
module = os.path.join(work, "models.py")
subprocess.run(
    [sys.executable, "-m", "datamodel_code_generator", "--input", os.path.join(emitted, "studio.openapi.json"),
     "--input-file-type", "openapi", "--output", module, "--output-model-type", "pydantic_v2.BaseModel",
     "--disable-timestamp", "--formatters", "builtin"],
    check=True,
)
spec = importlib.util.spec_from_file_location("models", module)
models = importlib.util.module_from_spec(spec)
sys.modules["models"] = models
spec.loader.exec_module(models)
made = models.TaskCreate(**task)
assert json.loads(made.model_dump_json(exclude_unset=True)) == task
assert models.AbloReceipt(object="commit_receipt", clientTxId="k", serverTxId="s", success=True, status="confirmed",
                          lastSyncId=6, ops=1).ops == 1
try:
    models.TaskCreate(**{**task, "status": "later"})
except ValueError:
    print("the generated Python models work")
else:
    sys.exit("the generated Python model takes any status")
