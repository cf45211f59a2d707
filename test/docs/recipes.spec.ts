import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { component } from '../support/components.js';
import { exampleChain } from '../support/example-chain.js';
import { type Service, startService } from '../support/service.js';
import { answering, HOSTILE_ANSWERS } from './hostile-answers.js';
import { gates, postings } from './recipes.js';

/** How people embed what they copy. Each prints DEPLOYING only if the recipe lets it. */
const EMBEDDINGS: Readonly<Record<string, (recipe: string) => string>> = {
  'under set -e': (recipe) => `set -e\n${recipe}\necho DEPLOYING`,
  'as a condition': (recipe) => `gate() {\n${recipe}\n}\nif gate; then echo DEPLOYING; fi`,
  'before &&': (recipe) => `gate() {\n${recipe}\n}\ngate && echo DEPLOYING`,
};
const SHELLS: readonly (readonly [string, ...string[]])[] = [['sh'], ['bash']];
const DIGEST = `sha256:${'ab'.repeat(32)}`;

/** jq 1.6 ends well when nothing comes in, whatever -e asks for: this one always does. */
const OLD_JQ = `#!/bin/sh
PATH=\${PATH#*:}
jq "$@" || exit 0
`;

interface Ended {
  readonly deployed: boolean;
  readonly exitCode: number | null;
  readonly output: string;
}

async function runScript(
  [shell, ...args]: readonly [string, ...string[]],
  script: string,
  { cwd, ...env }: { readonly cwd: string } & Readonly<Record<string, string>>,
): Promise<Ended> {
  const child = spawn(shell, [...args, '-c', script], { cwd, env: { PATH: process.env.PATH, ...env } });
  child.stdin.end();
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { deployed: /^DEPLOYING$/m.test(stdout), exitCode: child.exitCode, output: stdout + stderr };
}

/** The recipe as it is printed, except that nobody wants to wait as long here. */
function impatient(commands: string): string {
  expect(commands).toMatch(/--max-time \d+/);
  return commands.replaceAll(/--max-time \d+/g, '--max-time 1');
}

describe('the recipes of the documents', () => {
  it('have a gate, and something that posts evidence', () => {
    expect(gates()).not.toEqual([]);
    expect(postings()).not.toEqual([]);
  });
});

component('jq')('a gate as it stands in the documents', () => {
  let desk: string;
  let oldJq: string;

  beforeAll(async () => {
    desk = await mkdtemp(join(tmpdir(), 'custody-recipes-'));
    oldJq = await mkdtemp(join(tmpdir(), 'custody-old-jq-'));
    await writeFile(join(oldJq, 'jq'), OLD_JQ);
    await chmod(join(oldJq, 'jq'), 0o755);
  });

  afterAll(async () => {
    await rm(desk, { recursive: true, force: true });
    await rm(oldJq, { recursive: true, force: true });
  });

  const tryEach = async (commands: string, settings: Readonly<Record<string, string>>, shells = SHELLS) => {
    const tries = shells.flatMap((shell) => Object.values(EMBEDDINGS).map((embed) => ({ shell, embed })));
    return Promise.all(
      tries.map(({ shell, embed }) => runScript(shell, embed(commands), { cwd: desk, ...settings })),
    );
  };

  describe.each(gates())('at $at', ({ commands }) => {
    describe.each(HOSTILE_ANSWERS)('does not deploy when $named', (hostile) => {
      it.each([
        ['the jq of this machine', () => process.env.PATH ?? ''],
        ['a jq that takes nothing for success', () => `${oldJq}:${process.env.PATH}`],
      ])('with %s', async (_, path) => {
        const { url, close } = await answering(hostile);
        const settings = { PATH: path(), CUSTODY: url, TOKEN: 'custody_x', DIGEST };
        const ends = await tryEach(impatient(commands), settings).finally(close);
        expect(ends.filter(({ deployed }) => deployed)).toEqual([]);
      });
    });

    describe('asks a real service', () => {
      const example = exampleChain({ seed: 'recipes' });
      let service: Service;
      let settings: Record<string, string>;

      beforeAll(async () => {
        service = await startService();
        await service.operator.found('acme/web', example);
        await service.operator.postRun(example, { chain: 'acme/web', run: '1' });
        await service.operator.waitForVerdict(example.imageDigest, 'pass', 'acme/web');
        settings = {
          CUSTODY: service.url,
          TOKEN: await service.operator.createToken(['read'], 'acme/web'),
        };
      });

      afterAll(() => service.stop());

      const deployedBy = async (digest: string, more: Record<string, string> = {}) => {
        const ends = await tryEach(commands, { ...settings, DIGEST: digest, ...more });
        return [...new Set(ends.map(({ deployed }) => deployed))];
      };

      it('and deploys what passed', async () => {
        expect(await deployedBy(example.imageDigest)).toEqual([true]);
      });

      it('and does not deploy what it does not know, nor when no digest is given', async () => {
        expect(await deployedBy(DIGEST)).toEqual([false]);
        expect(await deployedBy('')).toEqual([false]);
      });

      it('and does not deploy with a bad token, or none', async () => {
        expect(await deployedBy(example.imageDigest, { TOKEN: 'bad' })).toEqual([false]);
        expect(await deployedBy(example.imageDigest, { TOKEN: '' })).toEqual([false]);
      });

      it('and does not deploy what passed for another chain than the token may see', async () => {
        const token = await service.operator.createToken(['ingest'], 'acme/web');
        expect(await deployedBy(example.imageDigest, { TOKEN: token })).toEqual([false]);
      });

      component('busybox')('from the shell of small images', () => {
        it('and deploys what passed, and nothing else', async () => {
          const shells = [['busybox', 'sh']] as const;
          const passed = await tryEach(commands, { ...settings, DIGEST: example.imageDigest }, shells);
          expect(passed.map(({ deployed }) => deployed)).toEqual([true, true, true]);
          const unknown = await tryEach(commands, { ...settings, DIGEST }, shells);
          expect(unknown.map(({ deployed }) => deployed)).toEqual([false, false, false]);
        });
      });
    });
  });
});

component('jq')('a recipe that posts evidence', () => {
  let desk: string;
  let programs: string;

  beforeAll(async () => {
    programs = await mkdtemp(join(tmpdir(), 'custody-programs-'));
  });

  afterAll(() => rm(programs, { recursive: true, force: true }));

  const installProgram = async (name: string, script: string) => {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(programs, name), 0o755);
  };

  /** Runs it as a step of CI does: the last status counts. */
  const runStep = async (commands: string, url: string) => {
    desk = await mkdtemp(join(tmpdir(), 'custody-recipes-'));
    try {
      return await runScript(['bash', '-e'], commands, {
        cwd: desk,
        PATH: `${programs}:${process.env.PATH}`,
        CUSTODY: url,
        CI_TOKEN: 'custody_x',
        RUN: '17',
        REPOSITORY: 'registry.test/web',
        TAG: 'v1',
      });
    } finally {
      await rm(desk, { recursive: true, force: true });
    }
  };
  const index = JSON.stringify({ manifests: [{ digest: 'sha256:aa' }, { digest: 'sha256:bb' }] });
  const recordAndInspect = async (docker: string) => {
    await installProgram('in-toto-run', 'echo "{}" > build.0123abcd.link');
    await installProgram('docker', docker);
  };
  const DOCKER = `case "$*" in *@*) echo '{"layers": []}';; *) echo '${index}';; esac`;

  describe.each(postings())('at $at', ({ commands }) => {
    it('succeeds when everything was taken', async () => {
      await recordAndInspect(DOCKER);
      const { url, close } = await answering(taking('201 Created'));
      const ended = await runStep(commands, url).finally(close);
      expect(ended, ended.output).toMatchObject({ exitCode: 0 });
    });

    it.each(['400 Bad Request', '401 Unauthorized', '413 Content Too Large', '503 Service Unavailable'])(
      'fails when it is refused with %s',
      async (status) => {
        await recordAndInspect(DOCKER);
        const { url, close } = await answering(taking(status));
        expect((await runStep(commands, url).finally(close)).exitCode).not.toBe(0);
      },
    );

    it('fails when nothing listens', async () => {
      await recordAndInspect(DOCKER);
      const { url } = await answering({ named: 'nothing listens', answer: undefined });
      expect((await runStep(commands, url)).exitCode).not.toBe(0);
    });
  });

  describe.each(postings().filter((recipe) => recipe.commands.includes('docker')))(
    'at $at',
    ({ commands }) => {
      it.each([
        ['the index cannot be read', 'exit 1'],
        ['one manifest of several cannot be read', `case "$*" in *aa) exit 1;; esac; ${DOCKER}`],
        ['the last manifest cannot be read', `case "$*" in *bb) exit 1;; esac; ${DOCKER}`],
      ])('fails when %s', async (_, docker) => {
        await recordAndInspect(docker);
        const { url, close } = await answering(taking('201 Created'));
        expect((await runStep(commands, url).finally(close)).exitCode).not.toBe(0);
      });
    },
  );
});

const taking = (status: string) => ({
  named: status,
  answer: (socket: Socket) =>
    void socket.end(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
    ),
});
