"""Lets more of what is generated get further: every other request refers to rows that exist, and is new."""

import itertools

import schemathesis

REFERENCES = ("workspaceId", "projectId", "personId")
count = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    at = next(count)
    if at % 2 == 0:
        return
    key = (case.headers or {}).get("Idempotency-Key", "")
    if 0 < len(key) < 256:
        case.headers["Idempotency-Key"] = f"key-{at}"
    body = case.body
    if not isinstance(body, dict):
        return
    if isinstance(body.get("idempotencyKey"), str):
        body["idempotencyKey"] = f"key-{at}"
    data = body.get("data")
    if case.method == "POST" and isinstance(data, dict):
        body["id"] = f"row-{at}"
        data.pop("id", None)
        for name in REFERENCES:
            if isinstance(data.get(name), str):
                data[name] = "0"
