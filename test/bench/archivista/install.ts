import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { cached } from '../../support/cache.js';

const MODULE = 'github.com/in-toto/archivista';

/** The peer's program, built once per version from the source that the Go module proxy has. Throws when it cannot be. */
export function installArchivista(version: string): string {
  const program = cached(`archivista/${version}/archivista`);
  if (!existsSync(program)) {
    console.log(`building ${MODULE} ${version}, once: about two minutes\n`);
    mkdirSync(dirname(program), { recursive: true });
    // `go install` wants to know every version of a module, which a proxy need not tell.
    const { Dir } = JSON.parse(go(['mod', 'download', '-json', `${MODULE}@${version}`])) as { Dir: string };
    go(['build', '-C', Dir, '-mod=readonly', '-buildvcs=false', '-o', program, './cmd/archivista']);
  }
  return program;
}

function go(args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('go', args, { encoding: 'utf8' });
  if (error || status !== 0) {
    throw new Error(`go ${args.join(' ')}: ${error?.message ?? stderr}`);
  }
  return stdout;
}
