import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A file of the repository, by its path from the top. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Paths of the documents that people write and read: those at the top, and everything under docs/. */
export function documents(): string[] {
  const nested = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return [...readdirSync(root), ...nested.map((path) => `docs/${path}`)].filter((path) =>
    path.endsWith('.md'),
  );
}

/** Paths of everything that is programmed. */
export function sourceFiles(): string[] {
  return ['apps', 'libs', 'migrations', 'test'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((path) => `${top}/${path}`),
  );
}
