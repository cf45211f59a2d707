import { readFileSync } from 'node:fs';

export interface Compose {
  /** Names of all services. */
  readonly services: readonly string[];
  /** The environment that every process of ours is given. */
  readonly environment: Readonly<Record<string, string>>;
  /** Our processes: service → program of `apps/`. */
  readonly programs: Readonly<Record<string, string>>;
}

/** What docker-compose.yml says of our own processes. Reads the few forms that the file uses, and no others. */
export function readCompose(path = 'docker-compose.yml'): Compose {
  const text = readFileSync(path, 'utf8');
  const shared = /^ {2}environment: &environment\n((?: {4}\S.*\n)+)/m.exec(text)?.[1] ?? '';
  const [, body = ''] = text.split(/^services:\n/m);
  const blocks = [...(body.split(/^\S/m)[0]?.matchAll(/^ {2}([\w-]+):\n((?: {4}.*\n|\n)+)/gm) ?? [])];
  return {
    services: blocks.map(([, name = '']) => name),
    environment: Object.fromEntries(
      [...shared.matchAll(/^ {4}(\w+): (.+)$/gm)].map(([, key = '', value = '']) => [
        key,
        value.replaceAll('"', ''),
      ]),
    ),
    programs: Object.fromEntries(
      blocks.flatMap(([, name = '', block = '']) => {
        const program = /command: \["node", "dist\/apps\/([\w-]+)\/main\.js"\]/.exec(block)?.[1];
        return block.includes('<<: *custody') && program ? [[name, program]] : [];
      }),
    ),
  };
}
