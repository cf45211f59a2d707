import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf, parsePublicKey } from '#in-toto/index.js';
import type { Description } from '#key-lifecycle/description.js';
import type { KeyChangeKind, KeyRecord } from '#key-lifecycle/key-record.js';
import type { Receipts } from '#key-lifecycle/receipts-that-count.js';
import { createDataSource } from '#persistence/data-source.js';
import { inTransaction } from '#persistence/transaction.js';
import { describeKey } from '#persistence/trust/describe-key.js';
import { keyRecords } from '#persistence/trust/key-records.js';
import { keyRecordsAsOf } from '#persistence/trust/key-records-as-of.js';
import { recordKeyChange } from '#persistence/trust/record-key-change.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import { verdictsByKey } from '#persistence/verdicts/verdicts-by-key.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { createKey, sha256Hex } from '../support/supply-chain.js';

const alice = parsePublicKey(createKey('ed25519', { seed: 'alice' }).publicKey);
const print = fingerprintOf(alice) ?? '';
const fingerprint = Buffer.from(print, 'hex');
const by = { actor: 'token-1', reason: 'a test' };

const time = fc.integer({ min: 0, max: 1e12 }).map((n) => new Date(n));
const change: fc.Arbitrary<KeyChangeKind> = fc.oneof(
  fc.record({ kind: fc.constant('retired' as const), effective: time }),
  fc.record({ kind: fc.constant('compromised' as const), since: fc.option(time, { nil: undefined }) }),
  fc.constantFrom<KeyChangeKind>({ kind: 'suspended' }, { kind: 'misissued' }, { kind: 'lifted' }),
  fc.record({ kind: fc.constant('undone' as const), undoes: fc.nat(99).map(String) }),
);
const description: fc.Arbitrary<Description> = fc.record(
  { owner: fc.constantFrom('alice', 'bob'), notBefore: fc.option(time), notAfter: fc.option(time) },
  { requiredKeys: [] },
);
type Happening = { readonly change: KeyChangeKind } | { readonly description: Description };
const happening: fc.Arbitrary<Happening> = fc.oneof(fc.record({ change }), fc.record({ description }));

describe('the history of a key', () => {
  let database: TestDatabase;
  let source: DataSource;
  let chain: number;

  beforeAll(async () => {
    database = await createDatabase();
    source = await createDataSource(database.url).initialize();
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const found = async () => {
    const [row] = await source.query<[{ id: number }]>(
      `insert into chain (name, owner_keys, owner_threshold) values (gen_random_uuid()::text, '[]', 1) returning id`,
    );
    chain = row.id;
    await inTransaction(source, (tx) => registerKeys(tx, chain, [alice], by));
  };
  beforeEach(found);

  const record = (one: Happening): Promise<unknown> =>
    inTransaction<unknown>(source, (tx) =>
      'change' in one
        ? recordKeyChange(tx, chain, fingerprint, one.change, by)
        : describeKey(tx, chain, fingerprint, one.description, by),
    );
  const now = async (): Promise<KeyRecord | undefined> =>
    (await keyRecords(source, chain, [print])).get(print);
  const asOf = async (at: Date): Promise<KeyRecord | undefined> =>
    (await keyRecordsAsOf(source, chain, [print], at)).get(print);
  const clock = async (): Promise<Date> => {
    await source.query('select pg_sleep(0.002)');
    const [row] = await source.query<[{ now: Date }]>('select clock_timestamp() as now');
    await source.query('select pg_sleep(0.002)');
    return row.now;
  };

  it('gives what was known at every time, whatever happened since', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 6 }), async (happenings) => {
        await found();
        const known = [{ at: await clock(), record: await now() }];
        for (const one of happenings) {
          await record(one);
          known.push({ at: await clock(), record: await now() });
        }
        for (const { at, record: then } of known) {
          expect(await asOf(at)).toEqual(then);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('knows nothing from before it began', async () => {
    await record({ change: { kind: 'suspended' } });
    expect(await asOf(new Date(0))).toBeUndefined();
  });

  describe('costs the verdicts', () => {
    const noon = Date.parse('2026-05-01T12:00:00Z');
    const store = async (
      name: string,
      outcome: string,
      received: readonly number[],
      { of = print, standing = 'counted' } = {},
    ) => {
      const subject = Buffer.from(sha256Hex(name), 'hex');
      const reliesOn = received.map((at) => ({
        fingerprint: of,
        role: 'functionary',
        owner: 'alice',
        standing,
        receivedAt: new Date(at).toISOString(),
      }));
      await source.query(
        `insert into verdict (chain_id, subject, outcome, inputs_digest, body, explanation, evaluated_at, relies_on)
         values ($1, $2, $3, $2, '{}', '{}', now(), $4)`,
        [chain, subject, outcome, JSON.stringify(reliesOn)],
      );
      await source.query('insert into verdict_key values ($1, $2, $3) on conflict do nothing', [
        chain,
        fingerprint,
        subject,
      ]);
    };
    const count = (receipts: Receipts | undefined, lookedAt?: number) =>
      verdictsByKey(source, chain, fingerprint, receipts, lookedAt);
    const always = { from: Number.NEGATIVE_INFINITY, before: Number.POSITIVE_INFINITY };

    it('that pass by a signature of it which no longer counts', async () => {
      await store('early', 'pass', [noon - 1]);
      await store('late', 'pass', [noon]);
      await store('both', 'pass', [noon - 1, noon]);
      await store('failed', 'fail', [noon]);
      await store('by another', 'pass', [noon], { of: sha256Hex('another key') });
      await store('overtaken', 'pass', [noon]);
      await store('overtaken', 'fail', [noon]);
      expect(await count(always)).toEqual({ dependent: 6, denied: 0 });
      expect(await count({ ...always, before: noon })).toEqual({ dependent: 6, denied: 2 });
      expect(await count({ ...always, from: noon })).toEqual({ dependent: 6, denied: 2 });
      expect(await count({ from: noon - 1, before: noon + 1 })).toEqual({ dependent: 6, denied: 0 });
      expect(await count(undefined)).toEqual({ dependent: 6, denied: 3 });
    });

    it('that passed without a signature of it which counts again', async () => {
      await store('without', 'pass', [noon], { standing: 'refused' });
      expect(await count(undefined)).toEqual({ dependent: 1, denied: 0 });
      expect(await count(always)).toEqual({ dependent: 1, denied: 1 });
    });

    it('without saying how many, when they are too many to look at', async () => {
      await store('one', 'pass', [noon]);
      await store('two', 'pass', [noon]);
      expect(await count(undefined, 1)).toEqual({ dependent: 2, denied: null });
      expect(await count(undefined, 2)).toEqual({ dependent: 2, denied: 2 });
    });

    it('of its own chain only', async () => {
      await store('ours', 'pass', [noon]);
      await found();
      expect(await count(undefined)).toEqual({ dependent: 0, denied: 0 });
    });
  });
});
