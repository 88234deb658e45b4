// Runs a compiled client against a server of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [ablo, schema, client] = process.argv.slice(2);
const options = ["serve", "--dev", "--json", "--addr", "127.0.0.1:0", "--schema", schema];
const server = spawn(ablo, options, { stdio: ["ignore", "pipe", "inherit"] });
try {
  const ended = once(server, "exit").then(([code]) => {
    throw new Error(`the server ended with ${code}`);
  });
  const [line] = await Promise.race([once(createInterface(server.stdout), "line"), ended]);
  ended.catch(() => {});
  const { addr, secretKey } = JSON.parse(line);
  const { use } = await import(pathToFileURL(path.resolve(client)).href);
  await use(`http://${addr}`, secretKey);
} finally {
  server.kill();
}
console.log("the generated TypeScript client works");
