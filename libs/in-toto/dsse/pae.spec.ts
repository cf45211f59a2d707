import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBase64 } from './base64.js';
import { preAuthenticationEncoding } from './pae.js';

const encode = (type: string, base64: string) => preAuthenticationEncoding(type, readBase64(base64));

describe('pre-authentication encoding', () => {
  it('is as the DSSE protocol has it', () => {
    const { message } = encode(
      'http://example.com/HelloWorld',
      Buffer.from('hello world').toString('base64'),
    );
    expect(Buffer.from(message).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('counts bytes and ends with the payload', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.uint8Array(),
        fc.constantFrom('base64', 'base64url'),
        (type, bytes, alphabet) => {
          const text = Buffer.from(bytes).toString(alphabet as 'base64');
          const { message, payload } = encode(type, text.padEnd(Math.ceil(text.length / 4) * 4, '='));
          const wellFormed = Buffer.from(type, 'utf8');
          const expected = Buffer.concat([
            Buffer.from(`DSSEv1 ${wellFormed.length} `),
            wellFormed,
            Buffer.from(` ${bytes.length} `),
            bytes,
          ]);
          expect(Buffer.from(message).equals(expected)).toBe(true);
          expect(Buffer.from(payload).equals(Buffer.from(bytes))).toBe(true);
        },
      ),
    );
  });
});
