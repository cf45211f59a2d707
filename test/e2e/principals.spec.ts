import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestOf } from '../attacks/images.js';
import { Build, owner, signedPolicy } from '../attacks/pipeline.js';
import { type Client, expectStatus } from '../support/client.js';
import { runProgram } from '../support/program.js';
import { type Service, startService } from '../support/service.js';
import { sha256Hex } from '../support/supply-chain.js';

const CHAIN = 'acme/web';

interface TokenShown {
  readonly id: string;
  readonly principal: string;
}

interface LinkShown {
  readonly id: string;
  readonly principal: string | null;
  readonly postings: readonly { principal: string; token: string; run: string | null; attempt: number }[];
}

describe('principals', () => {
  let service: Service;
  let operator: Client;

  beforeAll(async () => {
    service = await startService();
    operator = service.operator;
    for (const chain of [CHAIN, 'acme/shop']) {
      expectStatus(await operator.createChain(chain, owner), 201);
      expectStatus(await operator.postLayout(chain, signedPolicy()), 201);
    }
  });

  afterAll(() => service.stop());

  const idOf = (token: string): string => token.split('_')[1] ?? '';
  const principalOf = async (token: string): Promise<string | undefined> => {
    const { body } = await operator.get('/tokens');
    return (body.tokens as TokenShown[]).find(({ id }) => id === idOf(token))?.principal;
  };
  const refusal = async (about: object) => {
    const { status, body } = await operator.post('/tokens', { name: 'ci', scopes: ['ingest'], ...about });
    return [status, body.code];
  };
  const shown = async (link: Buffer, chain = CHAIN): Promise<LinkShown | undefined> => {
    const { body } = await operator.get(`/links?chain=${chain}&limit=500`);
    return (body.links as LinkShown[]).find(({ id }) => id === sha256Hex(link));
  };

  describe('of tokens', () => {
    it('are their own, unless somebody says otherwise', async () => {
      const token = await operator.createToken(['ingest'], CHAIN);
      expect(await principalOf(token)).toBe(idOf(token));
    });

    it('are shared by all tokens that are made for one by its name', async () => {
      const about = { name: 'ci', scopes: ['ingest'], principal: 'acme/github' };
      const { body } = expectStatus(await operator.post('/tokens', about), 201);
      expect(body.principal).toBe('acme/github');
      const another = await operator.createToken(['read'], CHAIN, { principal: 'acme/github' });
      expect(await principalOf(another)).toBe('acme/github');
    });

    it('are handed on to a successor, whether they have a name or not, and again to the next', async () => {
      for (const of of [{}, { principal: 'nightly' }]) {
        const first = await operator.createToken(['ingest'], CHAIN, of);
        const second = await operator.createToken(['ingest'], CHAIN, { succeeds: idOf(first) });
        const third = await operator.createToken(['ingest'], CHAIN, { succeeds: idOf(second) });
        expect(await principalOf(third)).toBe(await principalOf(first));
      }
    });

    it('are handed on by a token that is revoked or has expired, too', async () => {
      for (const end of ['revoked_at = now()', `expires_at = now() - interval '1 day'`]) {
        const old = await operator.createToken(['ingest'], CHAIN);
        await service.query(`update access_token set ${end} where id = $1`, [idOf(old)]);
        const next = await operator.createToken(['ingest'], CHAIN, { succeeds: idOf(old) });
        expect(await principalOf(next)).toBe(idOf(old));
      }
    });

    it.each([
      ['the id of a token in the place of a name', { principal: '0123456789abcdef' }, 400, 'BODY_INVALID'],
      ['no name at all', { principal: '' }, 400, 'BODY_INVALID'],
      ['a name in capitals', { principal: 'CI' }, 400, 'BODY_INVALID'],
      ['a name beside a token', { principal: 'ci', succeeds: '0123456789abcdef' }, 400, 'BODY_INVALID'],
      ['a token that nobody made', { succeeds: '0123456789abcdef' }, 404, 'TOKEN_UNKNOWN'],
    ])('are not taken from %s', async (_, about, status, code) => {
      expect(await refusal(about)).toEqual([status, code]);
    });

    it('are not handed on to a token of another chain, where they would be somebody else', async () => {
      const old = await operator.createToken(['ingest'], CHAIN);
      expect(await refusal({ chain: 'acme/shop', succeeds: idOf(old) })).toEqual([400, 'BODY_INVALID']);
    });
  });

  describe('of what is posted', () => {
    it('stay the same when the token is rotated in the middle of a run', async () => {
      const build = new Build('rotated');
      const [checkout, built, scan] = build.links as [Buffer, Buffer, Buffer];
      const story = { chain: CHAIN, run: build.name, subject: build.digest };
      const old = await operator.createToken(['ingest'], CHAIN);
      expectStatus(await operator.as(old).postLink(checkout, story), 201);

      const next = await operator.createToken(['ingest'], CHAIN, { succeeds: idOf(old) });
      expectStatus(await operator.call(`/tokens/${idOf(old)}`, { method: 'DELETE' }), 204);
      for (const link of [built, scan]) {
        const { body } = expectStatus(await operator.as(next).postLink(link, story), 201);
        expect(body.principal).toBe(idOf(old));
      }
      await operator.waitForVerdict(build.digest, 'pass', CHAIN);
      expect((await shown(checkout))?.postings).toMatchObject([{ principal: idOf(old), token: idOf(old) }]);
      expect((await shown(scan))?.postings).toMatchObject([{ principal: idOf(old), token: idOf(next) }]);
    });

    it('are both recorded when two post to one run, and change nothing about its verdict', async () => {
      const build = new Build('shared');
      const story = { chain: CHAIN, run: build.name, subject: build.digest };
      const ci = operator.as(await operator.createToken(['ingest'], CHAIN, { principal: 'ci' }));
      const scanner = operator.as(await operator.createToken(['ingest'], CHAIN, { principal: 'scanner' }));
      for (const link of build.links) expectStatus(await ci.postLink(link, story), 201);
      const before = await operator.waitForVerdict(build.digest, 'pass', CHAIN);

      for (const link of build.links) expectStatus(await scanner.postLink(link, story), 200);
      const after = await operator.waitForVerdict(build.digest, 'pass', CHAIN);
      expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
      for (const link of build.links) {
        expect(await shown(link)).toMatchObject({
          principal: 'ci',
          postings: [
            { principal: 'ci', run: build.name, attempt: 1 },
            { principal: 'scanner', run: build.name, attempt: 1 },
          ],
        });
      }
    });

    it('are recorded of links without a run and of manifests', async () => {
      const build = new Build('loose');
      const manifest = manifestOf(build.digest, 'layer');
      for (const principal of ['ci', 'scanner']) {
        const client = operator.as(await operator.createToken(['ingest'], CHAIN, { principal }));
        await client.postLink(build.link('build'), { chain: CHAIN });
        expectStatus(await client.post(`/subjects/manifests?chain=${CHAIN}`, manifest), 200);
      }
      expect((await shown(build.link('build')))?.postings).toMatchObject([
        { principal: 'ci', run: null },
        { principal: 'scanner', run: null },
      ]);
      expect(
        await service.query('select principal from image_posting where digest = $1 order by principal', [
          Buffer.from(sha256Hex(manifest), 'hex'),
        ]),
      ).toEqual([{ principal: 'ci' }, { principal: 'scanner' }]);
    });

    it('are recorded of each line of a batch', async () => {
      const build = new Build('batch');
      const ci = operator.as(await operator.createToken(['ingest'], CHAIN, { principal: 'ci' }));
      const { bytes } = await ci.call(`/links/batch?chain=${CHAIN}&run=batch`, {
        method: 'POST',
        body: build.links.map((link) => JSON.stringify({ content: link.toString('base64') })).join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      });
      expect(bytes.toString().match(/"principal":"ci"/g)).toHaveLength(3);
      expect((await shown(build.link('scan')))?.postings).toMatchObject([{ principal: 'ci', run: 'batch' }]);
    });
  });

  describe('from the command line', () => {
    const tokens = (...args: string[]) =>
      runProgram('token', { CUSTODY_URL: service.url, CUSTODY_TOKEN: operator.token ?? '' }, args);
    const create = (...more: string[]) => tokens('create', '--name', 'ci', '--scope', 'ingest', ...more);
    const made = (output: string): string => /custody_\w+/.exec(output)?.[0] ?? '';

    it('are named, and handed on', async () => {
      const first = made(await create('--principal', 'nightly'));
      const second = made(await create('--succeeds', idOf(first)));
      expect(await principalOf(second)).toBe('nightly');
      expect(await tokens('list')).toMatch(new RegExp(`${idOf(second)} +nightly +ingest`));
      expect(await tokens('create', '--help')).toMatch(/--principal <name>.*--succeeds <id>/s);
    });

    it.each([
      ['cannot be used with', ['--principal', 'ci', '--succeeds', '0123456789abcdef']],
      ['looks like the id of a token', ['--principal', '0123456789abcdef']],
      ['TOKEN_UNKNOWN', ['--succeeds', '0123456789abcdef']],
    ])('are refused with %j', async (complaint, args) => {
      await expect(create(...args)).rejects.toThrow(complaint);
    });
  });
});
