import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { dataSourceOptions } from '#persistence/data-source.js';
import { indexOf, manifestOf } from '../attacks/images.js';
import { expectStatus } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { fillDatabase } from '../support/filled-database.js';
import { type Scan, scansOf } from '../support/plans.js';
import { type Service, startService } from '../support/service.js';
import { link, sha256Hex, signMetablock } from '../support/supply-chain.js';

const LINKS_EACH = 3_000;

/** Tables that grow with what the service is used for. Chains, layouts and tokens are few. */
const LARGE = [
  ...['link', 'link_artifact', 'link_key', 'statement_signer', 'run_link', 'posting', 'declaration'],
  ...[
    'subject',
    'subject_key',
    'run_subject',
    'image_relation',
    'image_posting',
    'subject_watch',
    'verification_mark',
    'verdict',
  ],
];

/** Statements that are not led by the chain, and why that is right. */
const EXCEPTIONS: readonly { readonly statement: RegExp; readonly why: string }[] = [
  {
    statement:
      /^with recursive handed_out as materialized .* from verification_mark .* for update skip locked/,
    why: 'the relay takes marks of all chains, in turn: what it reads for that is counted in fair-marks.spec.ts',
  },
  {
    statement: /^select count\(\*\) filter .* from verification_mark$/,
    why: 'the metrics of the outbox are about all chains; it is asked once a scrape, of marks that wait',
  },
  {
    statement: /from verification_mark mark join chain/,
    why: 'an operator lists marks, of every chain if he may; they are the few that wait',
  },
  {
    statement: /^update verification_mark set attempts = 0/,
    why: 'an operator retries dead marks, of every chain if he may',
  },
];

/** Statements that read all of a chain, a page of it from one end, or everything that waits. */
const MEANT_TO_BE_WIDE: readonly RegExp[] = [
  /from link where chain_id = \$1 order by seq desc limit/,
  /insert into verification_mark .* select chain_id, digest, \$3, \d+, false from subject where chain_id = \$1/,
  ...EXCEPTIONS.map(({ statement }) => statement),
];

describe('the plans of the statements', () => {
  let service: Service;
  let client: Client;
  /** Text of each statement that speaks of a large table, with values that it was asked with. */
  const statements = new Map<string, readonly unknown[]>();

  beforeAll(async () => {
    const asked = vi.spyOn(Client.prototype, 'query');
    service = await startService();
    const { url } = service.app.get(DataSource).options as { url: string };
    for (const name of ['acme/web', 'acme/shop', 'acme/api']) {
      await service.operator.found(name, exampleChain({ seed: name }));
    }
    await fillDatabase(url, [1, 2, 3], LINKS_EACH);
    asked.mockClear();
    await useEverything(service);
    for (const [config, values] of asked.mock.calls as unknown as [Asked | string, unknown[]?][]) {
      const { text, values: given } = typeof config === 'string' ? { text: config, values } : config;
      if (speaksOfLarge(text)) statements.set(text.replace(/\s+/g, ' ').trim(), given ?? []);
    }
    asked.mockRestore();
    client = await connectAsService(url);
  }, 120_000);

  afterAll(async () => {
    await client?.end();
    await service?.stop();
  });

  it('find large tables by the chain first, for these values and for any', async () => {
    expect(statements.size).toBeGreaterThan(30);
    const wrong: string[] = [];
    for (const [statement, values] of statements) {
      if (EXCEPTIONS.some((exception) => exception.statement.test(statement))) continue;
      const plans = [await scansOf(client, statement, values), await scansOf(client, statement)];
      const astray = plans.flat().filter((scan) => isOfLarge(scan) && !isLedByChain(scan));
      wrong.push(...astray.map(({ how, of, condition }) => `${how} of ${of} (${condition}) in ${statement}`));
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['nobody had counted any', undefined],
    ['there were none', 0],
    ['a chain had 60 links', 60],
    ['a chain had 300 links', 300],
  ])('look for what they need and no more, also if planned when %s', async (_, links) => {
    const young = await startService();
    const { url } = young.app.get(DataSource).options as { url: string };
    if (links !== undefined) await fillDatabase(url, [1, 2, 3], links);
    const its = await connectAsService(url);
    const wrong: string[] = [];
    for (const statement of statements.keys()) {
      if (MEANT_TO_BE_WIDE.some((wide) => wide.test(statement))) continue;
      const astray = (await scansOf(its, statement)).filter((scan) => isOfLarge(scan) && !isNarrow(scan));
      wrong.push(...astray.map(({ how, of, condition }) => `${how} of ${of} (${condition}) in ${statement}`));
    }
    await its.end();
    await young.stop();
    expect(wrong).toEqual([]);
  });

  it('have no exception that is none any more', () => {
    const unused = EXCEPTIONS.filter(
      ({ statement }) => ![...statements.keys()].some((text) => statement.test(text)),
    );
    expect(unused).toEqual([]);
  });
});

/** Plans follow from the settings of a connection, too. */
async function connectAsService(url: string): Promise<Client> {
  const { extra } = dataSourceOptions(url) as { extra: { options: string } };
  const client = new Client({ connectionString: url, options: extra.options });
  await client.connect();
  return client;
}

interface Asked {
  readonly text: string;
  readonly values?: unknown[];
}

function speaksOfLarge(text: string): boolean {
  return (
    new RegExp(`\\b(from|join|into|update) (${LARGE.join('|')})\\b`).test(text) && !text.includes('bullmq')
  );
}

function isOfLarge({ of }: Scan): boolean {
  return LARGE.some((table) => of === table || of.startsWith(`${table}_`));
}

/** The marks of a chain are apart by their priority first, of which there are two. */
function isLedByChain({ condition }: Scan): boolean {
  return /^\(+(?:priority = \S+\) AND \()?(?:\w+\.)?chain_id = /.test(condition);
}

function isNarrow({ condition }: Scan): boolean {
  return condition.includes(' AND ');
}

/** What CI, deploy tools and operators ask for, each at least once. */
async function useEverything({ operator, scraper }: Service): Promise<void> {
  const [web, shop, api] = ['acme/web', 'acme/shop', 'acme/api'].map((seed) => exampleChain({ seed })) as [
    ExampleChain,
    ExampleChain,
    ExampleChain,
  ];
  for (const { bytes } of web.links) {
    await operator.postLink(bytes, { chain: 'acme/web', run: '1', subject: web.imageDigest });
  }
  await operator.waitForVerdict(web.imageDigest, 'pass');
  await operator.get(`/verdicts/${web.imageDigest}/explain?chain=acme/web`);

  for (const { bytes } of shop.links) await operator.postLink(bytes, { chain: 'acme/shop' });
  await operator.verdict(shop.imageDigest, 'acme/shop');
  await operator.waitForVerdict(shop.imageDigest, 'pass');
  for (const { bytes } of shop.links) await operator.postLink(bytes, { chain: 'acme/shop', run: 'again' });

  const manifest = manifestOf(web.imageDigest, 'layer');
  const digest = `sha256:${sha256Hex(manifest)}`;
  const index = indexOf([digest, { os: 'linux', architecture: 'amd64' }]);
  for (const bytes of [manifest, index]) {
    expectStatus(await operator.post('/subjects/manifests?chain=acme/web', bytes), 200);
  }
  await operator.verdict(digest, 'acme/web');
  await operator.verdict(`sha256:${sha256Hex(index)}`, 'acme/web');

  // Bob's links come before the layout that lets him package.
  for (const { bytes } of api.links) await operator.postLink(bytes, { chain: 'acme/api' });
  const forged = signMetablock(
    link('build', { products: { a: 'b' } }),
    exampleChain({ seed: 'thief' }).functionaries.bob,
  );
  await operator.postLink(forged, { chain: 'acme/api' });
  const renewed = exampleChain({ seed: 'acme/api', expires: '2098-12-31T23:59:59Z' });
  expectStatus(await operator.postLayout('acme/api', renewed.layout), 201);
  await operator.verdict(api.imageDigest, 'acme/api');
  await operator.waitForVerdict(api.imageDigest, 'pass');

  const [keyid] = web.links.map(({ key }) => key.keyid);
  for (const filter of [
    'step=build',
    `digest=${web.imageDigest}`,
    `keyid=${keyid}`,
    'run=1',
    `keyid=${keyid}&step=build`,
    `keyid=${keyid}&digest=${web.imageDigest}`,
    `keyid=${keyid}&step=build&digest=${web.imageDigest}&cursor=5`,
    `keyid=${keyid}&run=1`,
    `digest=${web.imageDigest}&run=1`,
    `digest=${web.imageDigest}&step=build`,
    'limit=1',
    'cursor=5',
  ]) {
    await operator.get(`/links?chain=acme/web&${filter}`);
  }
  await operator.verdict(web.imageDigest);
  await operator.get('/marks');
  await operator.get('/marks?state=waiting&chain=acme/web');
  await operator.post('/marks/retry', '');
  await scraper.get('/metrics');
}
