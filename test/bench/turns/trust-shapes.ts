import type { JsonObject } from '#in-toto/json/value.js';
import { createKey, layout, type SigningKey, signMetablock } from '../../support/supply-chain.js';
import { signRootPayload } from '../../support/trust-root.js';

/**
 * What operators post, in the largest forms: keys are screened one by one, and each signature of a root or a layout is over all
 * of it. Name, path and body; the first chain owns what comes after it.
 */
const CHAIN = 'turns/owners';
const MIB = 1024 * 1024;
const OF_CHAIN = `chain=${encodeURIComponent(CHAIN)}`;

const people = (name: string, count: number): SigningKey[] =>
  Array.from({ length: count }, (_, at) => createKey('ed25519', { seed: `${name} ${at}` }));
const owners = people('owner', 100);

const chainOf = (name: string, ownerKeys: readonly unknown[]): string => JSON.stringify({ name, ownerKeys });

/** The key with a member that nobody reads, so many bytes long. */
const padded = (key: JsonObject, bytes: number): JsonObject => ({ ...key, pad: 'x'.repeat(bytes) });

const gpgKey = ({ keyid, publicKey }: SigningKey, subkeys: JsonObject = {}): JsonObject => ({
  type: 'eddsa',
  method: 'pgp+eddsa-ed25519',
  hashes: ['pgp+SHA2'],
  creation_time: 1_700_000_000,
  keyid: keyid.slice(0, 40),
  keyval: { private: '', public: { q: (publicKey.keyval as { public: string }).public } },
  subkeys,
});

const withSubkeys = (count: number): JsonObject =>
  gpgKey(
    createKey('ed25519', { seed: 'holder' }),
    Object.fromEntries(people('subkey', count).map((key) => [key.keyid.slice(0, 40), gpgKey(key)])),
  );

/** Of a hundred owners, each of whom has signed twice. */
function largeRoot(): string {
  const named = owners.map(({ publicKey }, at) => ({ owner: `${at}`, key: padded(publicKey, 6_500) }));
  const payload = { _type: 'custody-root', chain: CHAIN, version: 2, threshold: 1, owners: named };
  const file = JSON.parse(signRootPayload(payload, ...owners).toString()) as { signatures: object[] };
  return JSON.stringify({ ...file, signatures: file.signatures.flatMap((each) => [each, each]) });
}

function largeLayout(): string {
  const readme = 'x'.repeat(MIB - 160_000);
  const policy = layout({ readme }).step('build', { by: people('functionary', 200) });
  return signMetablock(policy.toPayload(), owners.slice(0, 64)).toString();
}

export const trustShapes: readonly [name: string, path: string, make: () => string][] = [
  [
    'a chain of 100 Ed25519 owners',
    '/chains?',
    () =>
      chainOf(
        CHAIN,
        owners.map(({ publicKey }) => publicKey),
      ),
  ],
  [
    'a chain of 100 owners in PEM',
    '/chains?',
    () =>
      chainOf(
        'turns/pem',
        Array.from(
          { length: 100 },
          () => (createKey('ecdsa-p384').publicKey.keyval as { public: string }).public,
        ),
      ),
  ],
  ['a chain of an owner with 199 subkeys', '/chains?', () => chainOf('turns/subkeys', [withSubkeys(199)])],
  ['a chain of an owner with 1,300 subkeys', '/chains?', () => chainOf('turns/more', [withSubkeys(1_300)])],
  [
    'a key of 1 MiB',
    `/keys?${OF_CHAIN}`,
    () => {
      const key = padded(createKey('ed25519', { seed: 'large' }).publicKey, MIB - 1_000);
      return JSON.stringify({ key, reason: 'turns' });
    },
  ],
  ['a layout of 1 MiB, 200 keys, 64 signatures', `/layouts?${OF_CHAIN}`, largeLayout],
  ['a root of 100 owners, 200 signatures', `/roots?reason=turns&${OF_CHAIN}`, largeRoot],
];
