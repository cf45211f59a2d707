import { describe, expect, it } from 'vitest';
import { readPem } from './pem.js';

const PEM = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\nAAEC\n-----END PUBLIC KEY-----\n';
const DER = Uint8Array.from(Buffer.from('MCowBQYDK2VwAyEAAAEC', 'base64'));

describe('readPem', () => {
  it.each([
    ['as it is', PEM],
    ['with CRLF', PEM.replaceAll('\n', '\r\n')],
    ['without a final newline', PEM.trim()],
    ['on one line', PEM.replaceAll('\n', '')],
    ['indented', PEM.replaceAll('\n', '\n  ')],
    ['after other text', `key of alice ${PEM}`],
    ['before other text', `${PEM}alice`],
    ['twice', PEM + PEM],
  ])('reads a block %s', (_what, text) => {
    expect(readPem(text)).toEqual({ label: 'PUBLIC KEY', der: DER });
  });

  it('takes the first block, whatever it is', () => {
    const certificate = PEM.replaceAll('PUBLIC KEY', 'CERTIFICATE');
    expect(readPem(certificate + PEM)?.label).toBe('CERTIFICATE');
  });

  it.each([
    ['no block', 'abc'],
    ['no end', PEM.slice(0, 60)],
    ['an end of another label', PEM.replace('END PUBLIC', 'END RSA PUBLIC')],
    ['a character that is not base64', PEM.replace('MCow', 'MC*w')],
    ['a block inside a block', `-----BEGIN PUBLIC KEY-----\n${PEM}`],
    ['a lone surrogate before it', `\ud800${PEM}`],
    ['padding inside', PEM.replace('MCow', 'MC==')],
    ['one digit too many', PEM.replace('MCow', 'MCowX')],
  ])('refuses %s', (_what, text) => {
    expect(readPem(text)).toBeUndefined();
  });

  it('gives up on a long text without an end in linear time', () => {
    expect(readPem('-----BEGIN PUBLIC KEY-----\n'.repeat(100_000))).toBeUndefined();
  });
});
