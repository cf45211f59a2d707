import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Source {
  readonly path: string;
  readonly lines: number;
  readonly text: string;
  /** Paths of this repository, and names of packages. */
  readonly imports: readonly string[];
  /** Those of them that are there when the program runs; types alone are not. */
  readonly loads: readonly string[];
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|\nimport\s*'([^']+)'/g;

function read(path: string): Source {
  const text = readFileSync(path, 'utf8');
  const statements = [...text.matchAll(IMPORT)].map(([statement, a, b, c]) => ({
    to: resolve(path, a ?? b ?? c ?? ''),
    isType: /^\s*(?:import|export) type/.test(statement),
  }));
  return {
    path,
    text,
    lines: text.split('\n').length - 1,
    imports: statements.map(({ to }) => to),
    loads: statements.filter(({ isType }) => !isType).map(({ to }) => to),
  };
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('#')) return `libs/${specifier.slice(1)}`.replace(/\.js$/, '.ts');
  if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier)).replace(/\.js$/, '.ts');
  return specifier;
}

const sources = ['apps', 'libs', 'migrations']
  .flatMap((root) => readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => join(root, path)))
  .filter((path) => path.endsWith('.ts') && !/\.(spec|contract)\.ts$/.test(path))
  .map(read);

/** `libs/platform/config.ts` is of `platform`, `apps/token/main.ts` of `apps`. */
const partOf = (path: string): string =>
  path.startsWith('libs/') ? (path.split('/')[1] ?? '') : (path.split('/')[0] ?? '');

const FOUNDATION = ['platform', 'persistence', 'storage', 'queue', 'migrations'];
const PURE = ['in-toto', 'key-lifecycle'];
const CAPABILITIES = readdirSync('libs').filter((name) => !PURE.includes(name) && !FOUNDATION.includes(name));

const arrows = sources.flatMap(({ path, imports }) =>
  imports
    .filter((to) => /^(apps|libs|migrations)\//.test(to))
    .map((to) => ({ path, to, from: partOf(path), part: partOf(to) })),
);
const told = (wrong: readonly { path: string; to: string }[]): string[] =>
  wrong.map(({ path, to }) => `${path} → ${to}`);
const pathsOf = (wrong: readonly Source[]): string[] => wrong.map(({ path }) => path);

describe('the architecture', () => {
  it('has arrows from apps to capabilities to the foundation to in-toto, and none back', () => {
    const rank = (part: string): number =>
      part === 'apps' ? 3 : CAPABILITIES.includes(part) ? 2 : FOUNDATION.includes(part) ? 1 : 0;
    expect(told(arrows.filter(({ from, part }) => rank(from) < rank(part)))).toEqual([]);
  });

  it('lets capabilities meet in tables and jobs, never in each other', () => {
    const crossing = arrows.filter(
      ({ from, part }) => from !== part && CAPABILITIES.includes(from) && CAPABILITIES.includes(part),
    );
    expect(told(crossing)).toEqual([]);
  });

  it('keeps the core pure: only itself, zod, @noble/ed25519, and node:crypto in one place', () => {
    const pure = sources.filter(({ path }) => PURE.includes(partOf(path)));
    const foreign = pure
      .flatMap(({ path, imports }) => imports.map((to) => ({ path, to })))
      .filter(({ path, to }) => partOf(to) !== partOf(path) && !['zod', '@noble/ed25519'].includes(to))
      .filter(({ path, to }) => !(path === 'libs/in-toto/keys/crypto.ts' && to === 'node:crypto'));
    expect(told(foreign)).toEqual([]);
    const impure = /process\.env|Date\.now|new Date\(\)|Math\.random|console\.|setTimeout/;
    expect(pathsOf(pure.filter(({ text }) => impure.test(text)))).toEqual([]);
  });

  it('enters in-toto through its index, from wherever else', () => {
    const deep = arrows.filter(
      ({ from, part, to }) => part === 'in-toto' && from !== part && to !== 'libs/in-toto/index.ts',
    );
    expect(told(deep)).toEqual([]);
    const barrels = sources.filter(({ path }) => path.endsWith('/index.ts'));
    expect(pathsOf(barrels)).toEqual(['libs/in-toto/index.ts', 'migrations/index.ts']);
  });

  it('has no cycles', () => {
    const loadsOf = new Map(sources.map(({ path, loads }) => [path, loads]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      if (done.has(path) || way.includes(path)) return;
      for (const next of loadsOf.get(path) ?? []) visit(next, [...way, path]);
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('reads the environment where programs start, and nowhere else', () => {
    const readers = sources.filter(({ text }) => text.includes('process.env')).map(({ path }) => path);
    const allowed = /^apps\/[\w-]+\/main\.ts$|^libs\/platform\/postgres\//;
    expect(readers.filter((path) => !allowed.test(path))).toEqual([]);
  });

  it('has files that fit the head: 300 lines at most, and 60 for the module of an app', () => {
    expect(pathsOf(sources.filter(({ lines }) => lines > 300))).toEqual([]);
    const modules = sources.filter(({ path }) => /^apps\/.*\.module\.ts$/.test(path));
    expect(modules.length).toBeGreaterThan(3);
    expect(pathsOf(modules.filter(({ lines }) => lines > 60))).toEqual([]);
  });

  it('has every part in nest-cli.json', () => {
    const { projects } = JSON.parse(readFileSync('nest-cli.json', 'utf8')) as {
      projects: Record<string, { root: string }>;
    };
    const parts = ['apps', 'libs'].flatMap((folder) =>
      readdirSync(folder).map((name) => `${folder}/${name}`),
    );
    expect(Object.values(projects).map(({ root }) => root)).toEqual(parts.toSorted());
  });

  it('sees what it guards', () => {
    expect(arrows.length).toBeGreaterThan(200);
    expect(CAPABILITIES).toEqual(expect.arrayContaining(['ingest', 'trust', 'verification', 'verdicts']));
  });
});
