import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UPLOAD_LIMITS } from '#platform/upload-limits.js';
import { createKey, type SigningKey } from '../../../test/support/supply-chain.js';
import { admitKeys } from './admit-keys.js';

const { ownerKeys } = UPLOAD_LIMITS;
const person = (name: string): SigningKey => createKey('ed25519', { seed: name });
const pathOf = (index: number): string => `ownerKeys.${index}`;

/** An OpenPGP key as in-toto writes it, around the point of an Ed25519 key. */
const gpgKey = (name: string, subkeys: object = {}) => ({
  type: 'eddsa',
  method: 'pgp+eddsa-ed25519',
  hashes: ['pgp+SHA2'],
  keyid: person(name).keyid.slice(0, 40),
  creation_time: 1_700_000_000,
  keyval: { private: '', public: { q: pointOf(person(name)) } },
  subkeys,
});
const pointOf = ({ publicKey }: SigningKey): string =>
  (publicKey as { keyval: { public: string } }).keyval.public;
const subkeysOf = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => {
      const subkey = gpgKey(`subkey ${at}`);
      return [subkey.keyid, subkey];
    }),
  );

describe('keys as they are admitted', () => {
  let turns: number;
  let next: NodeJS.Immediate;

  beforeEach(() => {
    turns = 0;
    const count = (): void => {
      turns += 1;
      next = setImmediate(count);
    };
    next = setImmediate(count);
  });

  afterEach(() => clearImmediate(next));

  it('are screened one a turn, so that a hundred owners hold up nobody', async () => {
    const owners = Array.from({ length: 100 }, (_, at) => person(`owner ${at}`));
    const keys = await admitKeys(
      owners.map(({ publicKey }) => publicKey),
      pathOf,
    );
    expect(keys.map(({ key }) => key.keyid)).toEqual(owners.map(({ keyid }) => keyid));
    expect(turns).toBeGreaterThanOrEqual(100);
  });

  it('are screened with their subkeys, each in a turn of its own', async () => {
    await admitKeys([gpgKey('mallory', subkeysOf(60))], pathOf);
    expect(turns).toBeGreaterThanOrEqual(60);
  });

  it('are refused unscreened where one has more subkeys than are screened at a time', async () => {
    const crowd = gpgKey('mallory', subkeysOf(ownerKeys));
    await expect(admitKeys([crowd], pathOf)).rejects.toMatchObject({ code: 'TOO_MANY_KEYS' });
    expect(turns).toBeLessThan(ownerKeys);
  });

  it('are refused for what is wrong with a subkey, at the place of its key', async () => {
    const smallOrder = { ...gpgKey('weak'), keyval: { private: '', public: { q: '00'.repeat(32) } } };
    const holder = gpgKey('mallory', { [smallOrder.keyid]: smallOrder });
    await expect(admitKeys([person('alice').publicKey, holder], pathOf)).rejects.toMatchObject({
      code: 'KEY_REFUSED',
      details: { errors: [{ path: 'ownerKeys.1', code: 'KEY_ED25519_SMALL_ORDER' }] },
    });
  });
});
