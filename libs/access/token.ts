import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The prefix lets secret scanners recognise a leaked token. */
const FORM = /^custody_([0-9a-f]{16})_([0-9a-f]{64})$/;

export interface NewToken {
  readonly id: string;
  /** Shown once, kept nowhere. */
  readonly text: string;
  readonly secretHash: Buffer;
}

/** A token of 256 random bits behind a public id. */
export function newToken(): NewToken {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(32).toString('hex');
  return { id, text: `custody_${id}_${secret}`, secretHash: hashOf(secret) };
}

export interface GivenToken {
  readonly id: string;
  readonly secretHash: Buffer;
}

/** The two halves of a token, or undefined when the text cannot be one. */
export function readToken(text: string): GivenToken | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id && secret ? { id, secretHash: hashOf(secret) } : undefined;
}

export function sameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A fast hash is right here: the secret is random, so there is no dictionary to slow down. */
function hashOf(secret: string): Buffer {
  return Buffer.from(hash('sha256', secret, 'base64'), 'base64');
}
