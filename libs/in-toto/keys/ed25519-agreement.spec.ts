import * as noble from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hexFromBytes } from './hex.js';
import { parsePublicKey } from './public-key.js';
import { verifyKeySignature } from './verify-signature.js';

noble.hashes.sha512 = sha512;

const ORDER = noble.Point.CURVE().n;

/** Two implementations that share no code must say the same of every key that screening lets in. */
describe('Ed25519 verification', () => {
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const message = fc.uint8Array({ maxLength: 200 });

  it('agrees with another implementation on honest signatures', () => {
    fc.assert(
      fc.property(seed, message, (secret, signed) => {
        const signature = noble.sign(signed, secret);
        expect(verifies(noble.getPublicKey(secret), signature, signed)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('agrees with another implementation on signatures with a flipped bit', () => {
    fc.assert(
      fc.property(seed, message, fc.nat(64 * 8 - 1), (secret, signed, bit) => {
        const publicKey = noble.getPublicKey(secret);
        const signature = flipBit(noble.sign(signed, secret), bit);
        const accepted = verifies(publicKey, signature, signed);
        expect(accepted).toBe(noble.verify(signature, signed, publicKey, { zip215: false }));
        expect(accepted).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('takes no second form of a signature: S + L is refused', () => {
    const secret = new Uint8Array(32).fill(7);
    const signed = Buffer.from('message');
    const signature = noble.sign(signed, secret);
    const s = littleEndianNumber(signature.slice(32)) + ORDER;
    const malleated = Uint8Array.from([...signature.slice(0, 32), ...littleEndian(s)]);
    expect(verifies(noble.getPublicKey(secret), signature, signed)).toBe(true);
    expect(verifies(noble.getPublicKey(secret), malleated, signed)).toBe(false);
  });

  it('refuses a nonce point with a small-order part, which verifiers that clear the cofactor accept', () => {
    const secret = new Uint8Array(32).fill(9);
    const signed = Buffer.from('message');
    const { scalar, pointBytes } = noble.utils.getExtendedPublicKey(secret);
    const orderTwo = noble.Point.fromHex(`ec${'ff'.repeat(30)}7f`);
    const mixed = noble.Point.BASE.multiply(5n).add(orderTwo).toBytes();
    const challenge = littleEndianNumber(sha512(Uint8Array.from([...mixed, ...pointBytes, ...signed])));
    const signature = Uint8Array.from([...mixed, ...littleEndian((5n + challenge * scalar) % ORDER)]);
    expect(noble.verify(signature, signed, pointBytes, { zip215: true })).toBe(true);
    expect(verifies(pointBytes, signature, signed)).toBe(false);
  });
});

function verifies(publicKey: Uint8Array, sig: Uint8Array, message: Uint8Array): boolean {
  const keyval = { public: hexFromBytes(publicKey) };
  const key = parsePublicKey({ keyid: 'ab', keytype: 'ed25519', scheme: 'ed25519', keyval });
  return verifyKeySignature(key, { form: 'raw', keyid: 'ab', sig }, message, new Date(0)).valid;
}

function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

function littleEndian(value: bigint): number[] {
  return Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function littleEndianNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexFromBytes(bytes.toReversed())}`);
}
