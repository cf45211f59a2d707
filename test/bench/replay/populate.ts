import { setTimeout as sleep } from 'node:timers/promises';
import { storeManyOf } from '../../attacks/store-many.js';
import { expectStatus } from '../../support/client.js';
import { createKey, layout, type SigningKey, signMetablock } from '../../support/supply-chain.js';
import { type SignedBuild, signedBuild } from '../evidence/builds.js';
import type { Installation } from './installation.js';

export const CHAIN = 'acme/web';

export interface Population {
  readonly chainId: number;
  /** The builder whose key is rotated. */
  readonly builder: SigningKey;
  /** What he built: real links, real verdicts. */
  readonly builds: readonly SignedBuild[];
}

/** Real builds of one builder, each with its verdict. */
export async function buildsOfOneBuilder(
  { api, source, operator }: Installation,
  count: number,
): Promise<Population> {
  const [owner, builder, scanner] = ['owner', 'builder', 'scanner'].map((name) =>
    createKey('ed25519', { seed: `bench ${name}` }),
  ) as [SigningKey, SigningKey, SigningKey];
  expectStatus(await operator.createChain(CHAIN, owner), 201);
  const policy = layout()
    .step('checkout', { by: builder })
    .step('build', { by: builder, materials: ['MATCH src/* WITH PRODUCTS FROM checkout', 'ALLOW *'] })
    .step('scan', { by: scanner, materials: ['MATCH image-digest.txt WITH PRODUCTS FROM build'] });
  expectStatus(await operator.postLayout(CHAIN, signMetablock(policy.toPayload(), owner)), 201);
  const builds = Array.from({ length: count }, (_, i) =>
    signedBuild({ owner, builder, scanner }, `build ${i}`),
  );
  await storeManyOf(api)(
    CHAIN,
    builds.flatMap(({ digest, links }) => links.map((bytes) => ({ bytes, run: `run of ${digest}` }))),
  );
  const [{ id: chainId }] = await source.query<[{ id: number }]>('select id from chain where name = $1', [
    CHAIN,
  ]);
  await source.query(`insert into subject (chain_id, digest) select $1, unnest($2::bytea[])`, [
    chainId,
    builds.map(({ digest }) => bytesOf(digest)),
  ]);
  for (const { digest } of builds) {
    await source.query('insert into run_subject (chain_id, run, subject) values ($1, $2, $3)', [
      chainId,
      `run of ${digest}`,
      bytesOf(digest),
    ]);
  }
  await source.query('insert into verification_mark (chain_id, subject) select $1, unnest($2::bytea[])', [
    chainId,
    builds.map(({ digest }) => bytesOf(digest)),
  ]);
  await untilVerified(source, chainId);
  return { chainId, builder, builds };
}

/** Verdicts of other keys, in the tables alone: no verification of ours may ever need their links. */
export async function othersVerdicts(
  { source }: Installation,
  chainId: number,
  { verdicts, keys }: { verdicts: number; keys: number },
): Promise<void> {
  const AT_ONCE = 20_000;
  for (let from = 0; from < verdicts; from += AT_ONCE) {
    const to = Math.min(verdicts, from + AT_ONCE);
    await source.query(
      `with template as (select * from verdict where chain_id = $1 order by seq limit 1),
       other as (
         select sha256(convert_to('subject ' || n, 'UTF8')) as subject,
                sha256(convert_to('key ' || n % $4, 'UTF8')) as fingerprint
           from generate_series($2::integer, $3::integer - 1) n),
       known as (insert into subject (chain_id, digest) select $1, subject from other),
       found as (
         insert into verdict (chain_id, subject, outcome, inputs_digest, layout_id, body, explanation, evaluated_at,
                              valid_until, basis, relies_on, cause)
         select $1, other.subject, outcome, sha256(other.subject), layout_id, body, '{"steps":[],"builds":[],"manifests":[]}',
                evaluated_at, valid_until, basis,
                json_build_array(json_build_object('fingerprint', encode(fingerprint, 'hex'), 'role', 'functionary',
                  'receivedAt', evaluated_at, 'owner', 'o', 'standing', 'counted')), '{first}'
           from other, template)
       insert into verdict_key (chain_id, fingerprint, subject) select $1, fingerprint, subject from other`,
      [chainId, from, to, keys],
    );
  }
  await source.query('analyze');
}

async function untilVerified(source: Installation['source'], chainId: number): Promise<void> {
  for (;;) {
    const [{ left }] = await source.query<[{ left: number }]>(
      'select count(*)::integer as left from verification_mark where chain_id = $1',
      [chainId],
    );
    if (left === 0) return;
    await sleep(200);
  }
}

export function bytesOf(digest: string): Buffer {
  return Buffer.from(digest.slice('sha256:'.length), 'hex');
}
