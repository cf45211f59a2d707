import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transaction } from '#persistence/transaction.js';
import { rootInForce } from '#persistence/trust/root-in-force.js';
import { subjectState } from '#persistence/verdicts/current-verdict.js';
import { acceptRoot } from '#trust/roots/accept-root.js';
import { answerOf } from '#verdicts/answer.js';
import { exampleChain } from '../support/example-chain.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { type Service, startService } from '../support/service.js';
import { createKey, type SigningKey } from '../support/supply-chain.js';

const CHAIN = 'acme/web';
const example = exampleChain();
const digest = Buffer.from(example.imageDigest.slice('sha256:'.length), 'hex');
const spare = createKey('ed25519', { seed: 'spare' });

/** Nothing of it is committed, so that no worker sees it: what is answered is what the reader finds by itself. */
class Supposed extends Error {}

describe('another trust root, before anything was verified again', () => {
  let service: Service;
  let source: DataSource;
  let chain: { id: number; name: string };

  beforeAll(async () => {
    service = await startService();
    source = service.app.get(DataSource);
    await service.operator.found(CHAIN, example);
    await service.operator.postRun(example, { chain: CHAIN, run: '1', subject: example.imageDigest });
    await service.operator.waitForVerdict(example.imageDigest, 'pass', CHAIN);
    const [row] = await service.query<{ id: number }>('select id from chain where name = $1', [CHAIN]);
    chain = { id: row?.id ?? 0, name: CHAIN };
  });

  afterAll(() => service.stop());

  const suppose = async (story: (tx: Transaction) => Promise<void>): Promise<void> => {
    const supposed = source.transaction(async (tx) => {
      await story(tx);
      throw new Supposed();
    });
    await expect(supposed).rejects.toThrow(Supposed);
  };

  const accept = async (tx: Transaction, ...owners: [string, SigningKey][]): Promise<void> => {
    const before = await rootInForce(tx, chain.id);
    if (!before) throw new Error('the chain has no root');
    const keys = owners.map(([owner, { publicKey }]) => {
      const fingerprint = keyFingerprint({ publicKey });
      return { owner, fingerprint, key: publicKey };
    });
    const root = { version: before.version + 1, threshold: 1, keys, id: Buffer.alloc(32) };
    await acceptRoot(tx, chain, before, root, { actor: 'a test', reason: 'The story asks for it' });
  };

  const isAllowed = async (tx: Transaction): Promise<boolean> => {
    const state = await subjectState(tx, chain.id, digest);
    if (!state?.verdict) throw new Error('the image was never verified');
    return answerOf(CHAIN, digest, state, new Date()).allowed;
  };

  it.each<[string, [string, SigningKey][]]>([
    ['has other owners', [['spare', spare]]],
    [
      'has one owner more',
      [
        ['owner', example.owner],
        ['spare', spare],
      ],
    ],
    ['names the owner', [['owner', example.owner]]],
  ])('takes every permission back when it %s', async (_what, owners) => {
    await suppose(async (tx) => {
      expect(await isAllowed(tx)).toBe(true);
      await accept(tx, ...owners);
      expect(await isAllowed(tx)).toBe(false);
    });
  });

  it('takes back what an older build allowed, which did not say who the owners were', async () => {
    await suppose(async (tx) => {
      await tx.query('update verdict set basis = null, relies_on = null where chain_id = $1', [chain.id]);
      expect(await isAllowed(tx)).toBe(true);
      await accept(tx, ['spare', spare]);
      expect(await isAllowed(tx)).toBe(false);
    });
  });
});
