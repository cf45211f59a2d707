import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runMain } from '#platform/run-main.js';
import { generatedDocs } from './generated-docs.js';

/** Writes the documents that follow from the code, or with --check says which are out of date (exit 1). */
await runMain(async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const outdated: string[] = [];
  for (const [path, content] of Object.entries(await generatedDocs())) {
    if (!values.check) {
      await writeFile(path, content);
    } else if ((await readFile(path, 'utf8').catch(() => '')) !== content) {
      outdated.push(path);
    }
  }
  if (outdated.length > 0) {
    throw Object.assign(new Error(`Out of date: ${outdated.join(', ')}. Run npm run docs and commit.`), {
      code: 'OUTDATED',
    });
  }
});
