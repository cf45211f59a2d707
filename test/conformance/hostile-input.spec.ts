import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  InTotoError,
  type JsonObject,
  linkFileName,
  parseJson,
  parseMetadata,
  parsePublicKey,
  verify,
} from '#in-toto/index.js';
import { createKey, layout, link, signMetablock } from '../support/supply-chain.js';

const MEBIBYTE = 1024 * 1024;
const at = new Date('2026-01-01T00:00:00Z');
const key = createKey('ed25519', { seed: 'hostile' });

/** Time limits are an order of magnitude above what a loaded machine needs: they catch what never ends. */
const SECONDS = 60_000;

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    return error instanceof InTotoError ? error.code : `uncaught ${String(error)}`;
  }
}

function verifyChain(policy: JsonObject, links: readonly JsonObject[]) {
  return verifyFiles(
    policy,
    new Map(
      links.map((payload) => [linkFileName(String(payload.name), key.keyid), signMetablock(payload, key)]),
    ),
  );
}

function verifyFiles(policy: JsonObject, files: ReadonlyMap<string, Buffer>) {
  return verify(
    {
      layout: signMetablock(policy, key),
      layoutKeys: [parsePublicKey(key.publicKey)],
      links: { read: (name) => files.get(name) },
    },
    { at },
  );
}

describe('text that is made to exhaust the parser', () => {
  const bytes = (text: string) => Buffer.from(text);

  it.each([
    ['10 MiB of [', '['.repeat(10 * MEBIBYTE), 'JSON_TOO_DEEP'],
    ['10,000 levels', '['.repeat(10_000) + ']'.repeat(10_000), 'JSON_TOO_DEEP'],
    ['10,000 levels of objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 'JSON_TOO_DEEP'],
    ['10 MiB of digits', '9'.repeat(10 * MEBIBYTE), 'JSON_INVALID'],
    ['4,301 digits', '9'.repeat(4301), 'JSON_INVALID'],
    ['half a string of 10 MiB', `"${'a'.repeat(10 * MEBIBYTE)}`, 'JSON_INVALID'],
    ['10 MiB of white space', ' '.repeat(10 * MEBIBYTE), 'JSON_INVALID'],
    ['a byte order mark', '\ufeff{}', 'JSON_INVALID'],
  ])('refuses %s with a code', { timeout: SECONDS }, (_, text, code) => {
    expect(codeOf(() => parseJson(bytes(text)))).toBe(code);
    expect(codeOf(() => parseMetadata(bytes(text)))).toBe(code);
  });

  it.each([
    ['10 MiB of one string', `"${'a'.repeat(10 * MEBIBYTE)}"`, 10 * MEBIBYTE + 2],
    ['10 MiB of escapes', `"${'\\\\'.repeat(5 * MEBIBYTE)}"`, 10 * MEBIBYTE + 2],
    ['4,300 digits', '9'.repeat(4300), 4300],
    ['depth up to the limit', '['.repeat(490) + ']'.repeat(490), 980],
    ['NUL', '"\\u0000"', 3],
  ])('reads %s', { timeout: SECONDS }, (_, text, length) => {
    expect(canonicalJson(parseJson(bytes(text))).length).toBe(length);
  });

  it('refuses files above the size limit before reading them', () => {
    expect(codeOf(() => parseMetadata(bytes('{"a":1}'), { maxBytes: 6 }))).toBe('JSON_TOO_LARGE');
  });

  it('cannot be made to nest deeper than it can walk', () => {
    expect(codeOf(() => parseJson(bytes('['.repeat(5000)), { maxDepth: 1e9 }))).toBe('JSON_TOO_DEEP');
  });

  it('refuses invalid UTF-8 and lone surrogates', () => {
    expect(codeOf(() => parseJson(Buffer.from([0x22, 0xff, 0x22])))).toBe('JSON_INVALID');
    expect(codeOf(() => parseJson(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])))).toBe('JSON_INVALID');
    expect(codeOf(() => canonicalJson(parseJson(bytes('"\\ud800"'))))).toBe('JSON_INVALID');
    const metablock = '{"signed":{"_type":"link","name":"\\ud800"},"signatures":[]}';
    expect(codeOf(() => parseMetadata(bytes(metablock)))).toBe('JSON_INVALID');
  });

  it('refuses floats in what is signed, however they are written', () => {
    for (const float of ['1.0', '1e2', '-0.0', 'NaN', 'Infinity', '-Infinity', '1E400']) {
      const payload = `{"_type":"link","name":"s","byproducts":{"return-value":${float}}}`;
      const envelope = {
        payload: Buffer.from(payload).toString('base64'),
        payloadType: 'application/vnd.in-toto+json',
        signatures: [],
      };
      expect(codeOf(() => parseMetadata(bytes(`{"signed":${payload}}`)))).toBe('JSON_FLOAT');
      expect(codeOf(() => parseMetadata(bytes(JSON.stringify(envelope))).payload)).toBe('JSON_FLOAT');
    }
  });
});

describe('names that collide with the language', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

  it.each(names)('an artifact named %s is a file like any other', (name) => {
    const one = { [name]: 'content' };
    const policy = layout()
      .step('a', { by: key, products: [['CREATE', name], 'DISALLOW *'] })
      .step('b', { by: key, materials: [['MATCH', name, 'WITH', 'PRODUCTS', 'FROM', 'a'], 'DISALLOW *'] })
      .toPayload();
    const links = [link('a', { products: own(one) }), link('b', { materials: own(one) })];
    expect(verifyChain(policy, links).outcome).toBe('pass');
    const other = verifyChain(policy, [links[0] ?? {}, link('b', { materials: own({ [name]: 'other' }) })]);
    expect(other.findings[0]).toMatchObject({ code: 'RULE_DISALLOWED', step: 'b', paths: [name] });
  });

  it.each(names)('MATCH FROM %s finds no step that is not there', (name) => {
    const policy = layout()
      .step('a', { by: key, products: [['MATCH', '*', 'WITH', 'PRODUCTS', 'FROM', name], 'DISALLOW *'] })
      .toPayload();
    expect(verifyChain(policy, [link('a', { products: { x: '1' } })]).outcome).toBe('fail');
  });

  /** An object literal would set the prototype instead. */
  function own(contents: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(contents));
  }
});

describe('layouts that are made to exhaust the verifier', () => {
  it('verifies 1,000,000 artifacts', { timeout: SECONDS }, () => {
    const policy = layout()
      .step('a', { by: key, products: ['CREATE f*', 'DISALLOW *'] })
      .toPayload();
    expect(verifyFiles(policy, new Map([[linkFileName('a', key.keyid), millionArtifacts()]])).outcome).toBe(
      'pass',
    );
  });

  it('names a handful of 1,000,000 disallowed artifacts', { timeout: SECONDS }, () => {
    const policy = layout()
      .step('a', { by: key, products: ['DISALLOW *'] })
      .toPayload();
    const files = new Map([[linkFileName('a', key.keyid), millionArtifacts()]]);
    const [finding] = verifyFiles(policy, files).findings;
    expect(finding?.message).toContain('1000000 of the products');
    expect(JSON.stringify(finding).length).toBeLessThan(5000);
  });

  /** Written in canonical form, so that the text can be signed as it is. */
  function millionArtifacts(): Buffer {
    const names = Array.from(
      { length: 1_000_000 },
      (_, i) => `"f${String(i).padStart(7, '0')}":{"sha256":"ab"}`,
    );
    const signed = `{"_type":"link","byproducts":{},"command":[],"environment":{},"materials":{},"name":"a","products":{${names.join(',')}}}`;
    const sig = Buffer.from(key.sign(Buffer.from(signed))).toString('hex');
    return Buffer.from(`{"signatures":[{"keyid":"${key.keyid}","sig":"${sig}"}],"signed":${signed}}`);
  }

  it('gives up patterns that would compare for ever', { timeout: SECONDS }, () => {
    const pattern = `*${'?'.repeat(20_000)}b*c`;
    const policy = layout()
      .step('a', { by: key, products: [['DISALLOW', pattern]] })
      .toPayload();
    const { outcome, findings } = verifyChain(policy, [
      link('a', { products: { [`${'a'.repeat(1_000_000)}c`]: '' } }),
    ]);
    expect([outcome, findings[0]?.code]).toEqual(['fail', 'LIMIT_EXCEEDED']);
  });

  it.each([
    '['.repeat(1_000_000),
    `[${'a-'.repeat(200_000)}]x`,
    `[${'z-a'.repeat(100_000)}]x`,
    '*a'.repeat(100_000),
  ])('compiles a long pattern in linear time', { timeout: SECONDS }, (pattern) => {
    const policy = layout()
      .step('a', { by: key, products: [['DISALLOW', pattern]] })
      .toPayload();
    expect(verifyChain(policy, [link('a', { products: { a: '' } })]).outcome).toBe('pass');
  });

  it('does not let placeholders multiply a layout', { timeout: SECONDS }, () => {
    const policy = layout()
      .step('a', { by: key, command: '{X:9999}'.repeat(20_000) })
      .toPayload();
    const { findings } = verify(
      {
        layout: signMetablock(policy, key),
        layoutKeys: [parsePublicKey(key.publicKey)],
        links: { read: () => undefined },
        parameters: { X: 'x' },
      },
      { at },
    );
    expect(findings[0]?.code).toBe('LIMIT_EXCEEDED');
  });

  it('ends sublayouts that contain themselves', { timeout: SECONDS }, () => {
    const self = signMetablock(layout().step('a', { by: key }).toPayload(), key);
    const { outcome, findings } = verify(
      { layout: self, layoutKeys: [parsePublicKey(key.publicKey)], links: { read: () => self } },
      { at },
    );
    expect([outcome, findings[0]?.code]).toEqual(['fail', 'SUBLAYOUT_TOO_DEEP']);
  });

  it('ends sublayouts that fan out', { timeout: SECONDS }, () => {
    const steps = Array.from({ length: 30 }, (_, i) => `s${i}`);
    const wide = steps.reduce((policy, step) => policy.step(step, { by: key }), layout()).toPayload();
    const self = parseMetadata(signMetablock(wide, key));
    const { findings } = verify(
      { layout: self, layoutKeys: [parsePublicKey(key.publicKey)], links: { read: () => self } },
      { at, limits: { maxLinkFiles: 500 } },
    );
    expect(findings[0]?.code).toMatch(/LIMIT_EXCEEDED|SUBLAYOUT_TOO_DEEP/);
    expect(findings.some(({ code }) => code === 'LIMIT_EXCEEDED')).toBe(true);
  });
});
