import { z } from 'zod';
import { Problem } from './problems.js';

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** `sha256:` and 64 lower-case hexadecimal digits, read into 32 bytes. */
export const digestParameter = z
  .string()
  .regex(SHA256, 'write it as sha256: and 64 lower-case hexadecimal digits')
  .transform((text) => Buffer.from(text.slice('sha256:'.length), 'hex'));

export function readDigest(text: string): Buffer {
  if (!SHA256.test(text)) {
    throw new Problem('DIGEST_INVALID');
  }
  return Buffer.from(text.slice('sha256:'.length), 'hex');
}

export function writeDigest(digest: Buffer): string {
  return `sha256:${digest.toString('hex')}`;
}
