#!/usr/bin/env python3
"""Asks rust-analyzer, over stdio, what it completes and explains in a crate that uses the derives.

    record.py PATH/TO/rust-analyzer [PATH/TO/rust/library]

`app.rs` becomes a small crate. After every `/*question*/` the members that can follow are asked for, and what stands
there is hovered over. The answers go to `transcript.json`, which `mod.rs` holds against the derives as they are. The
second argument is the source of the standard library, when the toolchain does not come with it.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]

MANIFEST = f"""[package]
name = "app"
version = "0.0.0"
edition = "2024"

[lib]
path = "app.rs"

[dependencies]
ablo = {{ path = {json.dumps(str(ROOT))}, default-features = false, features = ["runtime"] }}

[workspace]
"""


class Server:
    """A language server and the messages to and from it."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last = 0
        self.settings = {}

    def send(self, **message):
        text = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
        self.process.stdin.flush()

    def receive(self):
        """The next message that is not a request of the server's own; those are answered here."""
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length == 0:
                sys.exit("rust-analyzer ended")
            message = json.loads(self.process.stdout.read(length))
            if "id" not in message or "method" not in message:
                return message
            items = message.get("params", {}).get("items") if message["method"] == "workspace/configuration" else None
            self.send(id=message["id"], result=None if items is None else [self.settings for _ in items])

    def ask(self, method, params):
        self.last += 1
        self.send(id=self.last, method=method, params=params)
        while (message := self.receive()).get("id") != self.last:
            pass
        if "error" in message:
            sys.exit(f"{method}: {message['error']}")
        return message["result"]


def main(program, library=None):
    source = (HERE / "app.rs").read_text()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "Cargo.toml").write_text(MANIFEST)
        (folder / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
        (folder / "app.rs").write_text(source)
        server = Server([program], folder)
        server.settings = {
            "cargo": {"targetDir": str(ROOT / "target/rust-analyzer"), **({"sysrootSrc": library} if library else {})},
            "checkOnSave": False,
            "cachePriming": {"enable": False},
            "completion": {"autoimport": {"enable": False}, "limit": None},
        }
        server.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "capabilities": {
                    "textDocument": {
                        "completion": {"completionItem": {"labelDetailsSupport": True}},
                        "hover": {"contentFormat": ["markdown"]},
                    },
                    "workspace": {"configuration": True},
                    "experimental": {"serverStatusNotification": True},
                },
                "initializationOptions": server.settings,
            },
        )
        server.send(method="initialized", params={})
        file = {"uri": (folder / "app.rs").as_uri()}
        opened = {**file, "languageId": "rust", "version": 1, "text": source}
        server.send(method="textDocument/didOpen", params={"textDocument": opened})
        while True:
            message = server.receive()
            if message.get("method") == "experimental/serverStatus":
                print(message["params"].get("health"), message["params"].get("message") or "", file=sys.stderr)
                if message["params"]["quiescent"]:
                    break
        answers = {}
        for question in re.finditer(r"/\*(\w+)\*/", source):
            line = source.count("\n", 0, question.end())
            column = question.end() - source.rfind("\n", 0, question.end()) - 1
            place = {"textDocument": file, "position": {"line": line, "character": column}}
            completed = server.ask("textDocument/completion", place) or []
            items = completed["items"] if isinstance(completed, dict) else completed
            answers[question[1]] = {"members": members(items), "hover": hover(server.ask("textDocument/hover", place))}
        server.ask("shutdown", None)
        server.send(method="exit")
        server.process.wait()
    transcript = {"source": source, "answers": answers}
    (HERE / "transcript.json").write_text(json.dumps(transcript, indent=2) + "\n")


def members(items):
    """The names of what belongs to the type itself: no keywords, no snippets, nothing by way of a trait."""
    method, function, field, constant = 2, 3, 5, 21
    own = [
        item
        for item in items
        if item.get("kind") in (method, function, field, constant)
        and "(as " not in (item.get("labelDetails") or {}).get("detail", "")
        and "(use " not in (item.get("labelDetails") or {}).get("detail", "")
    ]
    return sorted({re.match(r"(?:r#)?\w+", item["label"])[0] for item in own})


def hover(answer):
    return answer["contents"]["value"] if answer else None


main(*sys.argv[1:])
