import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintOf, type PublicKey, parsePublicKey } from '#in-toto/index.js';
import type { KeyChangeKind } from '#key-lifecycle/key-record.js';
import { createDataSource } from '#persistence/data-source.js';
import { inTransaction } from '#persistence/transaction.js';
import { keyRecords } from '#persistence/trust/key-records.js';
import { recordKeyChange } from '#persistence/trust/record-key-change.js';
import { registerKeys } from '#persistence/trust/register-keys.js';
import { createGpgKey } from '../support/gpg-keys.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { createKey, type KeyKind } from '../support/supply-chain-keys.js';

const alice = createKey('ed25519', { seed: 'alice' });
const bob = createKey('ed25519', { seed: 'bob' });
const by = { actor: 'token-1', reason: 'a test' };
const publicOf = ({ publicKey }: { publicKey: PublicKey['raw'] }) => parsePublicKey(publicKey);
const printOf = (key: { publicKey: PublicKey['raw'] }) => fingerprintOf(publicOf(key)) ?? '';

describe('the key register', () => {
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

  beforeEach(async () => {
    const [row] = await source.query<[{ id: number }]>(
      `insert into chain (name, owner_keys, owner_threshold) values (gen_random_uuid()::text, '[]', 1) returning id`,
    );
    chain = row.id;
  });

  const register = (...keys: { publicKey: PublicKey['raw'] }[]) =>
    inTransaction(source, (tx) => registerKeys(tx, chain, keys.map(publicOf), by));
  const change = (key: typeof alice, kind: KeyChangeKind) =>
    inTransaction(source, (tx) => recordKeyChange(tx, chain, Buffer.from(printOf(key), 'hex'), kind, by));
  const recordOf = async (key: typeof alice) =>
    (await keyRecords(source, chain, [printOf(key)])).get(printOf(key));
  const rows = () =>
    source.query<{ keyids: string[]; algorithm: string }[]>(
      'select keyids, algorithm from trust_key where chain_id = $1',
      [chain],
    );
  const events = async () =>
    (
      await source.query<{ kind: string }[]>(
        'select kind from trust_event where chain_id = $1 order by seq',
        [chain],
      )
    ).map(({ kind }) => kind);

  it('takes a key that nobody registered for its own owner, without limits', async () => {
    expect(await recordOf(alice)).toEqual({
      fingerprint: printOf(alice),
      owner: printOf(alice),
      notBefore: undefined,
      notAfter: undefined,
      changes: [],
    });
  });

  it('answers for every key that it is asked for', async () => {
    await register(alice);
    expect([...(await keyRecords(source, chain, [printOf(alice), printOf(bob)])).keys()]).toEqual([
      printOf(alice),
      printOf(bob),
    ]);
    expect(await keyRecords(source, chain, [])).toEqual(new Map());
  });

  it('gives back every kind of change as it was recorded, in order', async () => {
    await register(alice);
    const day = new Date('2026-05-01T10:00:00.123Z');
    const recorded = [
      await change(alice, { kind: 'retired', effective: day }),
      await change(alice, { kind: 'suspended' }),
      await change(alice, { kind: 'lifted' }),
      await change(alice, { kind: 'compromised', since: day }),
      await change(alice, { kind: 'compromised', since: undefined }),
      await change(alice, { kind: 'misissued' }),
    ];
    const undone = await change(alice, { kind: 'undone', undoes: recorded[0]?.seq ?? '' });
    expect((await recordOf(alice))?.changes).toEqual([...recorded, undone]);
  });

  it('keeps the changes of one key in the order of their events, however many come at once', async () => {
    await register(alice);
    await Promise.all(Array.from({ length: 10 }, () => change(alice, { kind: 'suspended' })));
    const seqs = (await recordOf(alice))?.changes.map(({ seq }) => Number(seq)) ?? [];
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(10);
  });

  it('refuses a change to a key that it does not know, and records nothing', async () => {
    await expect(change(bob, { kind: 'suspended' })).rejects.toThrow('no key');
    expect(await events()).toEqual([]);
  });

  it('registers a key once, under every id that clients have for it', async () => {
    await register(alice, bob);
    const renamed = { publicKey: { ...alice.publicKey, keyid: 'alice-of-old' } };
    await Promise.all([register(renamed), register(alice), register(renamed, bob)]);
    expect(await events()).toEqual(['key-registered', 'key-registered']);
    expect((await rows()).map(({ keyids }) => keyids.length).sort()).toEqual([1, 2]);
  });

  it('takes a key and its subkeys for one', async () => {
    const subkey = createGpgKey('rsa');
    const main = createGpgKey('rsa', { subkeys: [subkey] });
    await register(main);
    expect(await rows()).toEqual([{ keyids: [main.keyid, subkey.keyid], algorithm: 'rsa-pkcs1v15-sha256' }]);
  });

  it.each<[KeyKind, string]>([
    ['ed25519', 'ed25519'],
    ['rsa', 'rsa-pss-sha256'],
    ['ecdsa-p256', 'ecdsa-sha256'],
    ['ecdsa-p384', 'ecdsa-sha384'],
  ])('pins the algorithm of a key of kind %s', async (kind, algorithm) => {
    await register(createKey(kind));
    expect((await rows())[0]?.algorithm).toBe(algorithm);
  });

  it('refuses a known key for another algorithm', async () => {
    const key = createKey('rsa');
    await register(key);
    const other = { publicKey: { ...key.publicKey, scheme: 'rsa-pkcs1v15-sha256' } };
    await expect(register(other)).rejects.toMatchObject({ code: 'KEY_ALGORITHM_PINNED' });
  });

  it.each(['update trust_event set reason = $1', 'delete from trust_event where reason <> $1'])(
    'lets nobody %s',
    async (statement) => {
      await register(alice);
      await expect(source.query(statement, ['nothing happened'])).rejects.toThrow('append-only');
    },
  );

  it('lets nobody truncate its events', async () => {
    await expect(source.query('truncate trust_event')).rejects.toThrow('append-only');
  });
});
