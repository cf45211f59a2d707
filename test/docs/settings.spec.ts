import { describe, expect, it } from 'vitest';
import { loadConfig, settings } from '#platform/config.js';
import { readText } from './documents.js';

/** The rows of the table under "Settings": name and default, the latter undefined where there is none. */
const documented = [...section('Settings').matchAll(/^\| `([A-Z][A-Z0-9_]+)`\s*\| (?:`([^`]+)`)?/gm)].map(
  ([, name = '', value]) => ({ name, value }),
);

function section(title: string): string {
  const [, rest = ''] = readText('docs/operations.md').split(`\n## ${title}\n`);
  return rest.split('\n## ')[0] ?? '';
}

describe('the settings in docs/operations.md', () => {
  it('are all that there are, in their order', () => {
    expect(documented.map(({ name }) => name)).toEqual(settings);
  });

  it.each(documented.filter(({ value }) => value !== undefined))(
    '$name has its default',
    ({ name, value }) => {
      expect(plain(loadConfig({ [name]: value }))).toEqual(plain(loadConfig({})));
    },
  );
});

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
