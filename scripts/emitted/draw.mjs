// Reads the emitted pictures with other people's tools: mermaid, Graphviz and an SVG renderer.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [emitted, tools] = process.argv.slice(2);
const require = createRequire(path.join(path.resolve(tools), "package.json"));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { JSDOM } = await load("jsdom");
const page = new JSDOM("<body></body>");
globalThis.window = page.window;
globalThis.document = page.window.document;
const mermaid = (await import(pathToFileURL(path.join(path.resolve(tools), "node_modules/mermaid/dist/mermaid.core.mjs")).href)).default;
const { Graphviz } = await load("@hpcc-js/wasm-graphviz");
const graphviz = await Graphviz.load();
const { Resvg } = await load("@resvg/resvg-js");

let drawn = 0;
for (const name of fs.readdirSync(emitted).sort()) {
  const text = () => fs.readFileSync(path.join(emitted, name), "utf8");
  if (name.endsWith(".mmd")) {
    await mermaid.parse(text());
  } else if (name.endsWith(".dot")) {
    if (!graphviz.dot(text()).includes("</svg>")) throw new Error(`${name} is not drawn`);
  } else if (name.endsWith(".svg")) {
    new page.window.DOMParser().parseFromString(text(), "image/svg+xml").querySelectorAll("parsererror").forEach((error) => {
      throw new Error(`${name}: ${error.textContent}`);
    });
    const image = new Resvg(text(), { font: { loadSystemFonts: false } }).render();
    if (image.width < 600 || image.asPng().length < 800) throw new Error(`${name} shows nothing`);
  } else {
    continue;
  }
  drawn += 1;
}
if (drawn < 60) throw new Error(`only ${drawn} pictures`);
console.log(`${drawn} pictures are drawn`);
