import { afterAll, describe, expect, it } from 'vitest';
import { loadKey, verifySignature } from '#in-toto/keys/crypto.js';
import { bytesFromStrictHex } from '#in-toto/keys/hex.js';
import { parsePublicKey } from '#in-toto/keys/public-key.js';
import { screenKey } from '#in-toto/keys/screen-key.js';
import { verifyKeySignature } from '#in-toto/keys/verify-signature.js';
import { readVectors, type Vector, type VectorGroup } from './vectors.js';

/**
 * Project Wycheproof's vectors through the same functions that check layouts and links. Where we answer otherwise than a
 * vector asks, `DEVIATIONS` says which vectors and why.
 */
interface Deviation {
  readonly why: string;
  readonly accepts: boolean;
  readonly covers: (vector: Vector, group: VectorGroup) => boolean;
}

const DEVIATIONS: readonly Deviation[] = [
  {
    why: 'in-toto schemes fix MGF1 to the hash of the message, so a signature made with another is of no scheme',
    accepts: false,
    covers: (vector, group) =>
      vector.result === 'valid' && group.mgfSha !== undefined && group.mgfSha !== group.sha,
  },
  {
    why: 'the reference takes a PSS signature with a salt of any length',
    accepts: true,
    covers: (vector, group) => vector.comment.startsWith('s_len changed to') && group.mgfSha === group.sha,
  },
  {
    why: 'the key has the exponent 3, which screening lets in nowhere',
    accepts: false,
    covers: (vector) => vector.result === 'valid' && vector.flags.includes('SmallPublicKey'),
  },
  {
    why: 'a PKCS #1 v1.5 DigestInfo without its NULL is no DER; OpenSSL refuses it, and so does the reference',
    accepts: false,
    covers: (vector) => vector.result === 'acceptable' && vector.flags.includes('MissingNull'),
  },
];

const used = new Set<Deviation>();

describe('Wycheproof', () => {
  afterAll(() => expect(used.size, 'deviations that some vector needs').toBe(DEVIATIONS.length));

  describe('Ed25519', () => {
    everyVector('ed25519_test', (group, vector) =>
      accepts('ed25519', 'ed25519', group.publicKeyDer.slice(-64), vector),
    );
  });

  describe.each([
    ['ecdsa_secp256r1_sha256_test', 'ecdsa-sha2-nistp256'],
    ['ecdsa_secp384r1_sha384_test', 'ecdsa-sha2-nistp384'],
    ['ecdsa_secp384r1_sha256_test', 'ecdsa-sha2-nistp256'],
  ])('ECDSA', (file, scheme) => {
    everyVector(file, (group, vector) => accepts('ecdsa', scheme, group.publicKeyPem, vector));
  });

  describe.each([
    'rsa_pss_2048_sha256_mgf1_0_test',
    'rsa_pss_2048_sha256_mgf1_32_test',
    'rsa_pss_2048_sha256_mgf1sha1_20_test',
    'rsa_pss_2048_sha384_mgf1_48_test',
    'rsa_pss_3072_sha256_mgf1_32_test',
    'rsa_pss_4096_sha256_mgf1_32_test',
    'rsa_pss_4096_sha512_mgf1_64_test',
    'rsa_pss_misc_test',
  ])('RSASSA-PSS', (file) => {
    everyVector(file, (group, vector) =>
      accepts('rsa', `rsassa-pss-${hashOf(group)}`, group.publicKeyPem, vector),
    );
  });

  describe.each([
    'rsa_signature_2048_sha224_test',
    'rsa_signature_2048_sha256_test',
    'rsa_signature_2048_sha384_test',
    'rsa_signature_2048_sha512_test',
    'rsa_signature_3072_sha256_test',
    'rsa_signature_4096_sha512_test',
  ])('RSASSA-PKCS1-v1_5', (file) => {
    everyVector(file, (group, vector) =>
      accepts('rsa', `rsa-pkcs1v15-${hashOf(group)}`, group.publicKeyPem, vector),
    );
  });

  describe('DSA, which only OpenPGP keys use and only over their own trailer', () => {
    everyVector('dsa_2048_256_sha256_test', (group, vector) => {
      const key = loadKey(bytes(group.publicKeyDer), 'spki');
      return (
        key !== undefined &&
        verifySignature({ name: 'dsa', hash: 'sha256' }, key, bytes(vector.msg), bytes(vector.sig))
      );
    });
  });
});

function everyVector(file: string, accepted: (group: VectorGroup, vector: Vector) => boolean): void {
  const groups = readVectors(file).testGroups.filter(hasScheme);
  const count = groups.reduce((sum, group) => sum + group.tests.length, 0);

  it(`${file}: ${count} vectors`, () => {
    const wrong = groups.flatMap((group) =>
      group.tests
        .filter((vector) => accepted(group, vector) !== expected(vector, group))
        .map((vector) => ({
          tcId: vector.tcId,
          result: vector.result,
          flags: vector.flags,
          comment: vector.comment,
        })),
    );
    expect(wrong).toEqual([]);
  });
}

/** No in-toto scheme has SHA-1. */
function hasScheme(group: VectorGroup): boolean {
  return group.sha !== 'SHA-1';
}

function expected(vector: Vector, group: VectorGroup): boolean {
  const deviation = DEVIATIONS.find(({ covers }) => covers(vector, group));
  if (deviation) used.add(deviation);
  return deviation ? deviation.accepts : vector.result === 'valid';
}

/** Acceptance as at the door: the key is screened, then checks the signature. */
function accepts(keytype: string, scheme: string, publicText: string, { msg, sig }: Vector): boolean {
  const key = parsePublicKey({ keyid: 'ab', keytype, scheme, keyval: { public: publicText } });
  if (screenKey(key).some((issue) => issue.severity === 'refuse')) return false;
  return verifyKeySignature(key, { form: 'raw', keyid: 'ab', sig }, bytes(msg), new Date(0)).valid;
}

function hashOf(group: VectorGroup): string {
  return (group.sha ?? '').replace('SHA-', 'sha');
}

function bytes(hex: string): Uint8Array {
  return bytesFromStrictHex(hex) ?? new Uint8Array();
}
