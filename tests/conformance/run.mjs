// Every story, or those whose file or name begins with the argument, runs against one server, told by ABLO_URL and ABLO_SECRET. Exits with 1 when one fails.
import { readdirSync } from 'node:fs';

const only = process.argv[2];
let failed = 0;
for (const file of readdirSync(new URL('.', import.meta.url)).filter((name) => name.endsWith('.story.mjs')).sort()) {
  const stories = await import(new URL(file, import.meta.url));
  for (const [name, story] of Object.entries(stories)) {
    if (only && !name.startsWith(only) && !file.startsWith(only)) continue;
    try {
      await story();
      console.log(`ok   ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.stack}`);
    }
  }
}
process.exit(failed ? 1 : 0);
