import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cached } from '../support/cache.js';
import { component } from '../support/components.js';
import { custody } from '../support/custody-command.js';
import { execute } from '../support/execute.js';
import { layout, signDsse } from '../support/supply-chain.js';

component('reference-3.x')('layouts that the custody command amended and signed', () => {
  const program = (name: string): string => cached(`reference-3.x/bin/${name}`);
  let desk: string;

  const run = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await custody(args, { cwd: desk, env: {} });
    expect(code, stderr).toBe(0);
  };
  const at = (path: string): string => join(desk, path);

  beforeAll(async () => {
    desk = await mkdtemp(join(tmpdir(), 'custody-signed-layouts-'));
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      await run('keys', 'generate', `${type}.pem`, '--type', type);
    }
    await mkdir(at('links'));
    const step = ['--step-name', 'build', '--signing-key', 'rsa.pem', '--metadata-directory', 'links'];
    await execute(program('in-toto-run'), [...step, '--', 'true'], { cwd: desk });
    const policy = layout().step('build', { by: [], command: 'true' }).toPayload();
    await writeFile(at('policy.json'), JSON.stringify(policy));
    await run('layouts', 'amend', 'policy.json', '--add-key', 'build=rsa.pub', '--out', 'bare.json');
  });

  afterAll(() => rm(desk, { recursive: true, force: true }));

  const verify = (file: string): Promise<string> => {
    const owners = ['--verification-keys', 'ed25519.pub', 'ecdsa.pub', 'rsa.pub'];
    return execute(program('in-toto-verify'), ['--layout', file, ...owners, '--link-dir', 'links'], {
      cwd: desk,
    });
  };

  const signByAll = async (file: string): Promise<void> => {
    for (const type of ['ed25519', 'ecdsa', 'rsa'])
      await run('layouts', 'sign', file, '--key', `${type}.pem`);
  };

  it('are accepted by in-toto 3.x as a Metablock', async () => {
    await signByAll('bare.json');
    await verify('bare.json');
  });

  it('are accepted by in-toto 3.x in a DSSE envelope', async () => {
    await run('layouts', 'amend', 'policy.json', '--add-key', 'build=rsa.pub', '--out', 'dsse.json');
    const amended = JSON.parse(await readFile(at('dsse.json'), 'utf8'));
    await writeFile(at('dsse.json'), signDsse(amended, []));
    await signByAll('dsse.json');
    await verify('dsse.json');
  });

  it('are refused by it when an owner has not signed', async () => {
    await run('layouts', 'amend', 'policy.json', '--add-key', 'build=rsa.pub', '--out', 'two.json');
    await run('layouts', 'sign', 'two.json', '--key', 'ed25519.pem');
    await run('layouts', 'sign', 'two.json', '--key', 'ecdsa.pem');
    await expect(verify('two.json')).rejects.toThrow('failed');
  });
});
