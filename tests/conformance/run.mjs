// Every story, or those whose file or name begins with the argument, runs against one server, told by ABLO_URL and ABLO_SECRET. Exits with 1 when one fails.
import { readdirSync } from 'node:fs';

const only = process.argv[2];
// A story that waits for what never comes ends here, so that the others are told too.
const PATIENCE = 120_000;
const impatience = () => new Promise((_, reject) => setTimeout(() => reject(new Error('it never ended')), PATIENCE).unref());
let failed = 0;
for (const file of readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.story.mjs')).sort()) {
  const stories = await import(new URL(file, import.meta.url));
  for (const [name, story] of Object.entries(stories)) {
    if (only && !name.startsWith(only) && !file.startsWith(only)) continue;
    try {
      await Promise.race([story(), impatience()]);
      console.log(`ok   ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.stack}`);
    }
  }
}
process.exit(failed ? 1 : 0);
