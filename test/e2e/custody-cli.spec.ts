import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectStatus } from '../support/client.js';
import { custody, type Ended } from '../support/custody-command.js';
import { freePort } from '../support/server-process.js';
import { type Service, startService } from '../support/service.js';
import { createKey, layout, signDsse } from '../support/supply-chain.js';

const builder = createKey('ed25519', { seed: 'builder' });
const policy = (readme: string) =>
  layout({ readme })
    .step('build', { by: builder, materials: ['DISALLOW *'], products: ['CREATE app', 'DISALLOW *'] })
    .toPayload();

describe('npm run custody', () => {
  let service: Service;
  let desk: string;
  let env: Record<string, string>;

  const run = (...args: string[]): Promise<Ended> => custody(args, { cwd: desk, env });
  const at = (path: string): string => join(desk, path);

  /** It says what is wrong in plain words, and ends with this code. */
  async function complaint(code: number, ended: Promise<Ended>): Promise<string> {
    const { stderr, ...rest } = await ended;
    expect(rest, stderr).toEqual({ code, stdout: '' });
    expect(stderr).not.toMatch(/^ +at /m);
    return stderr;
  }

  async function done(ended: Promise<Ended>): Promise<string> {
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(0);
    return stdout;
  }

  beforeAll(async () => {
    service = await startService();
    desk = await mkdtemp(join(tmpdir(), 'custody-desk-'));
    env = {
      CUSTODY_URL: service.url,
      CUSTODY_TOKEN: service.operator.token ?? '',
      CUSTODY_CHAIN: 'acme/web',
    };
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      await done(run('keys', 'generate', `${type}.pem`, '--type', type));
    }
    const owners = ['--owner', 'alice=ed25519.pub', '--owner', 'bob=ecdsa.pub', '--owner', 'carol=rsa.pub'];
    await done(run('chains', 'create', 'acme/web', ...owners, '--threshold', '3'));
  });

  afterAll(async () => {
    await service.stop();
    await rm(desk, { recursive: true, force: true });
  });

  describe('says how it is used', () => {
    it('as a whole, with what it reads from the environment and how it ends', async () => {
      const help = await done(run('--help'));
      expect(help).toMatch(/Examples:.*CUSTODY_TOKEN_FILE.*3 when the service cannot be reached/s);
    });

    it.each(['chains', 'keys', 'layouts', 'root', 'replays'])('for %s, with examples', async (group) => {
      expect(await done(run(group, '--help'))).toMatch(/Commands:.*Examples?:\n {2}\$ custody /s);
    });
  });

  describe('ends with 2 when it is given wrongly:', () => {
    it.each([
      ['an unknown command', ['nope'], 'unknown command'],
      ['no reason', ['keys', 'retire', '00112233'], '--reason'],
      ['a token among the arguments', ['keys', 'list', '--token', 'custody_1'], 'unknown option'],
      [
        'a time that is none',
        ['keys', 'retire', '00112233', '--reason', 'x', '--effective', 'soon'],
        '2026-12-31',
      ],
      [
        'a day that is none',
        ['keys', 'compromise', '00112233', '--reason', 'x', '--since', '2026-02-30'],
        '2026-12-31',
      ],
      ['neither a key nor a file', ['keys', 'show', 'nobody.pub'], 'custody keys list'],
      ['a file that is not there', ['layouts', 'post', 'none.json'], 'none.json cannot be read'],
      ['a private key as a public one', ['keys', 'add', 'rsa.pem', '--reason', 'x'], 'openssl pkey'],
      ['a public key as a private one', ['root', 'sign', 'x', '--key', 'rsa.pub'], 'holds no private key'],
      ['no choice of verdicts', ['replays', 'plan', '--reason', 'x'], '--all'],
    ])('%s', async (_, args, told) => {
      expect(await complaint(2, run(...args))).toContain(told);
    });

    it('two tokens, of which one may be another operator', async () => {
      const both = { ...env, CUSTODY_TOKEN_FILE: 'token' };
      expect(await complaint(2, custody(['keys', 'list'], { cwd: desk, env: both }))).toContain('both set');
    });

    it('no token', async () => {
      const told = await complaint(2, custody(['keys', 'list'], { cwd: desk, env: {} }));
      expect(told).toContain('CUSTODY_TOKEN_FILE');
    });

    it.each([
      ['nothing', ' \n'],
      ['two lines', 'custody_1\ncustody_2\n'],
    ])('a token file that holds %s', async (_, content) => {
      await writeFile(at('odd.token'), content);
      const odd = { CUSTODY_URL: service.url, CUSTODY_TOKEN_FILE: 'odd.token' };
      const told = await complaint(2, custody(['keys', 'list'], { cwd: desk, env: odd }));
      expect(told).toContain('odd.token holds no token');
    });
  });

  it('finds a service below a path, as a proxy may lay it', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = await listen(
      createServer((request, response) => {
        asked.push(request.url);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"chains": []}');
      }),
    );
    const below = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/custody`;
    for (const url of [below, `${below}/`]) {
      await done(custody(['chains', 'list'], { cwd: desk, env: { ...env, CUSTODY_URL: url } }));
    }
    proxy.close();
    expect(asked).toEqual(['/custody/chains', '/custody/chains']);
  });

  it('ends with 3 when no service is there, and says which setting names another', async () => {
    env = { ...env, CUSTODY_URL: `http://127.0.0.1:${await freePort()}` };
    expect(await complaint(3, run('keys', 'list'))).toMatch(/ECONNREFUSED.*CUSTODY_URL/);
    env = { ...env, CUSTODY_URL: service.url };
  });

  describe('ends with 1 when the service refuses, with its code and what to do:', () => {
    it.each([
      ['a chain', ['keys', 'list', '--chain', 'acme/none'], /^CHAIN_UNKNOWN: .*\n {2}\S/],
      ['a key', ['keys', 'show', 'ab'.repeat(32)], /^KEY_UNKNOWN: .*\n {2}\S/],
      ['the beginning of a key', ['keys', 'show', '0123456789'], /^KEY_UNKNOWN: .*\n {2}\S/],
      ['a layout', ['layouts', 'show', '99'], /^LAYOUT_UNKNOWN: .*\n {2}\S/],
      ['a replay', ['replays', 'watch', '99'], /^REPLAY_UNKNOWN: .*\n {2}\S/],
    ])('%s that is not there', async (_, args, told) => {
      expect(await complaint(1, run(...args))).toMatch(told);
    });
  });

  it('reads the token from a file', async () => {
    await writeFile(at('token'), `${env.CUSTODY_TOKEN}\n`);
    const { CUSTODY_TOKEN, ...others } = env;
    await done(custody(['keys', 'list'], { cwd: desk, env: { ...others, CUSTODY_TOKEN_FILE: 'token' } }));
  });

  it('makes key pairs for their owner alone, and never overwrites one', async () => {
    const before = await readFile(at('rsa.pem'));
    expect((await stat(at('rsa.pem'))).mode & 0o777).toBe(0o600);
    expect(await complaint(2, run('keys', 'generate', 'rsa.pem'))).toContain('there already');
    expect((await readFile(at('rsa.pem'))).equals(before)).toBe(true);
    await writeFile(at('half.pub'), '');
    await complaint(2, run('keys', 'generate', 'half.pem'));
    await expect(stat(at('half.pem'))).rejects.toThrow('ENOENT');
  });

  it('names a key by its file, its fingerprint, its key id, or the beginning of either', async () => {
    const { keys } = JSON.parse(await done(run('keys', 'list', '--json')));
    const { fingerprint, keyids } = keys.find(({ owner }: { owner: string }) => owner === 'bob');
    for (const name of [
      'ecdsa.pub',
      fingerprint,
      keyids[0],
      fingerprint.slice(0, 8),
      keyids[0].slice(0, 12),
    ]) {
      expect(JSON.parse(await done(run('keys', 'show', name, '--json')))).toMatchObject({ fingerprint });
    }
  });

  it('prints with --json what the service answers', async () => {
    const { body } = await service.operator.get('/keys?chain=acme/web');
    expect(JSON.parse(await done(run('keys', 'list', '--json')))).toEqual(body);
  });

  it.each([
    ['bare', (file: string) => writeFile(at(file), JSON.stringify(policy('bare')))],
    ['in a DSSE envelope', (file: string) => writeFile(at(file), signDsse(policy('DSSE'), []))],
  ])('signs a layout %s with keys of every kind, one after the other', async (_, write) => {
    await write('next.json');
    await done(run('layouts', 'sign', 'next.json', '--key', 'ed25519.pem'));
    await done(run('layouts', 'sign', 'next.json', '--key', 'ecdsa.pem', '--out', 'two.json'));
    const { code, stdout } = await run('layouts', 'post', 'two.json', '--dry-run');
    expect([code, stdout]).toEqual([1, expect.stringContaining('LAYOUT_NOT_SIGNED_BY_OWNERS')]);
    await done(run('layouts', 'sign', 'two.json', '--key', 'rsa.pem'));
    const signed = await readFile(at('two.json'));
    expect((await run('layouts', 'sign', 'two.json', '--key', 'ed25519.pem')).stderr).toContain('already');
    expect((await readFile(at('two.json'))).equals(signed)).toBe(true);
    expect(await done(run('layouts', 'post', 'two.json', '--reason', 'new'))).toContain('is in force until');
  });

  it('takes a functionary from a layout, and with him the key that nobody else uses', async () => {
    await writeFile(at('old.json'), JSON.stringify(policy('old')));
    await writeFile(at('builder.json'), JSON.stringify(builder.publicKey));
    const keys = ['--add-key', 'build=rsa.pub', '--remove-key', 'build=builder.json'];
    await done(
      run('layouts', 'amend', 'old.json', ...keys, '--expires', '2098-01-01', '--out', 'amended.json'),
    );
    const amended = JSON.parse(await readFile(at('amended.json'), 'utf8'));
    expect(amended).toMatchObject({ expires: '2098-01-01T00:00:00Z', readme: 'old' });
    expect(Object.keys(amended.keys)).toEqual(amended.steps[0].pubkeys);
    expect(amended.keys).not.toHaveProperty(builder.keyid);
  });

  it('warns of an expiry that is past before anybody signs for nothing', async () => {
    await writeFile(at('late.json'), JSON.stringify({ ...policy('late'), expires: '2020-01-01T00:00:00Z' }));
    const { code, stderr } = await run('layouts', 'sign', 'late.json', '--key', 'rsa.pem');
    expect([code, stderr]).toEqual([0, expect.stringContaining('which is past: it will be refused')]);
  });

  it('undoes the only limit of a key, and asks which one is meant where there are several', async () => {
    await done(run('keys', 'generate', 'spare.pem'));
    const validity = ['--not-before', '2026-01-01', '--not-after', '2098-12-31T12:00:00+02:00'];
    const added = await done(run('keys', 'add', 'spare.pub', ...validity, '--reason', 'spare', '--json'));
    expect(JSON.parse(added)).toMatchObject({
      notBefore: '2026-01-01T00:00:00.000Z',
      notAfter: '2098-12-31T10:00:00.000Z',
    });
    const undo = ['keys', 'undo', 'spare.pub', '--reason', 'all is well'];
    expect(await complaint(1, run(...undo))).toMatch(/^KEY_CHANGE_WITHOUT_EFFECT: /);
    await done(run('keys', 'suspend', 'spare.pub', '--reason', 'mislaid'));
    await done(run('keys', 'retire', 'spare.pub', '--effective', '2097-01-01', '--reason', 'in time'));
    expect(await complaint(2, run(...undo))).toMatch(
      /--undoes which one: \d+ \(suspended\), \d+ \(retired\)/,
    );

    const second = await service.operator.createToken(['operate'], 'acme/web');
    const bySecond = { cwd: desk, env: { ...env, CUSTODY_TOKEN: second } };
    await done(custody(['keys', 'lift', 'spare.pub', '--reason', 'found'], bySecond));
    await done(custody(undo, bySecond));
    expect(JSON.parse(await done(run('keys', 'show', 'spare.pub', '--json')))).toMatchObject({ limits: [] });
  });

  it('refuses a root that its own owners could not agree on, and has the service refuse one that nobody signed', async () => {
    const propose = ['root', 'propose', '--owner', 'alice=ed25519.pub', '--out', 'root.json'];
    expect(await complaint(2, run(...propose, '--threshold', '2'))).toContain('only 1 owners');
    await done(run(...propose, '--threshold', '1'));
    expect(await complaint(1, run('root', 'post', 'root.json', '--reason', 'x'))).toMatch(/^UNSIGNED: /);
  });

  it('sends no private key anywhere: what signs does not even call', async () => {
    const calls: string[] = [];
    const other = await listen(
      createServer((request, response) => {
        calls.push(`${request.method} ${request.url}`);
        response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      }),
    );
    const here = { ...env, CUSTODY_URL: `http://127.0.0.1:${(other.address() as AddressInfo).port}` };
    await writeFile(at('draft.json'), JSON.stringify(policy('draft')));
    for (const args of [
      ['layouts', 'sign', 'draft.json', '--key', 'rsa.pem'],
      ['root', 'sign', 'root.json', '--key', 'rsa.pem'],
      ['keys', 'generate', 'more.pem'],
    ]) {
      await done(custody(args, { cwd: desk, env: here }));
    }
    await complaint(2, custody(['keys', 'add', 'rsa.pem', '--reason', 'x'], { cwd: desk, env: here }));
    other.close();
    expect(calls).toEqual([]);
  });

  it('shows what others wrote without letting it at the terminal', async () => {
    const reason = 'harmless\u001b[2J\u202e';
    const body = { key: createKey('ed25519').publicKey, reason };
    expectStatus(await service.operator.post('/keys?chain=acme/web', body), 200);
    const shown = await done(run('events', 'list', '--limit', '1000'));
    expect(shown).toContain('harmless\\u{1b}[2J\\u{202e}');
  });
});

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
