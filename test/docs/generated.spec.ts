import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '#platform/version.js';
import { generatedDocs } from '../../apps/docs/generated-docs.js';
import { documents, readText, sourceFiles } from './documents.js';

const manifest = JSON.parse(readText('package.json')) as {
  version: string;
  scripts: Record<string, string>;
};

const files = sourceFiles();

describe('what is generated from the code', () => {
  let generated: Record<string, string>;

  beforeAll(async () => {
    generated = await generatedDocs();
  });

  it.each(['docs/openapi.json', 'docs/errors.md'])('%s is up to date (else: npm run docs)', (path) => {
    expect(readText(path)).toBe(generated[path]);
  });

  it('is nothing else', () => {
    expect(Object.keys(generated).sort()).toEqual(['docs/errors.md', 'docs/openapi.json']);
  });
});

describe('the version', () => {
  it('is that of package.json', () => {
    expect(VERSION).toBe(manifest.version);
  });
});

describe.each(documents())('%s', (path) => {
  const text = readText(path);

  it('links to files that exist', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)].map(
      ([, to = '']) => to,
    );
    expect(targets.filter((to) => !existsSync(join(dirname(path), to)))).toEqual([]);
  });

  it('names source files that exist', () => {
    const named = [...text.matchAll(/`([\w./-]+\.(?:ts|py))`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !files.some((file) => file === name || file.endsWith(`/${name}`)))).toEqual(
      [],
    );
  });

  it('names npm scripts that exist', () => {
    const named = [...text.matchAll(/npm run (?:--silent )?([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in manifest.scripts))).toEqual([]);
  });
});

describe('README.md', () => {
  it('lists every route', () => {
    const { paths } = JSON.parse(readText('docs/openapi.json')) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `\`${method.toUpperCase()} ${path}\``),
    );
    const readme = readText('README.md');
    expect(routes.filter((route) => !readme.includes(route))).toEqual([]);
  });
});
