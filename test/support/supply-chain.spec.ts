import { describe, expect, it } from 'vitest';
import { parsePublicKey } from '#in-toto/keys/public-key.js';
import { verifyKeySignature } from '#in-toto/keys/verify-signature.js';
import { exampleChain } from './example-chain.js';
import { pythonJson } from './python-json.js';
import { createKey, layout, link, linkFileName, signDsse, signMetablock } from './supply-chain.js';

describe('the supply chain builder', () => {
  it('signs with every kind of key so that the key verifies', () => {
    for (const kind of ['ed25519', 'rsa', 'ecdsa-p256', 'ecdsa-p384'] as const) {
      for (const style of ['1.x', '2.x'] as const) {
        const key = createKey(kind, { style });
        const message = Buffer.from('message');
        const check = verifyKeySignature(
          parsePublicKey(key.publicKey),
          { form: 'raw', keyid: key.keyid, sig: key.sign(message) },
          message,
          new Date(0),
        );
        expect(check, `${kind} ${style}`).toEqual({ valid: true });
      }
    }
  });

  it('gives one key a different id in each generation of tools', () => {
    const [old, recent] = (['1.x', '2.x'] as const).map((style) =>
      createKey('ed25519', { style, seed: 'alice' }),
    );
    expect(old?.publicKey.keyval).toEqual(recent?.publicKey.keyval);
    expect(old?.keyid).not.toBe(recent?.keyid);
  });

  it('makes the same files again from the same seed', () => {
    expect(exampleChain({ seed: 'a' }).layout).toEqual(exampleChain({ seed: 'a' }).layout);
    expect(exampleChain({ seed: 'a' }).layout).not.toEqual(exampleChain({ seed: 'b' }).layout);
  });

  it('states a layout in the words of in-toto', () => {
    const alice = createKey('ed25519', { seed: 'alice' });
    const payload = layout()
      .step('tag', { by: alice, command: 'git tag', products: ['CREATE src/*'] })
      .toPayload();
    expect(payload).toMatchObject({
      _type: 'layout',
      keys: { [alice.keyid]: { keyid: alice.keyid } },
      steps: [
        {
          name: 'tag',
          pubkeys: [alice.keyid],
          threshold: 1,
          expected_command: ['git', 'tag'],
          expected_materials: [],
          expected_products: [['CREATE', 'src/*']],
        },
      ],
    });
  });

  it('names a link file by the first eight characters of the key id', () => {
    const alice = createKey('ed25519', { seed: 'alice' });
    expect(linkFileName('tag', alice)).toBe(`tag.${alice.keyid.slice(0, 8)}.link`);
  });

  it('writes both containers as the tools lay them out', () => {
    const alice = createKey('ed25519', { seed: 'alice' });
    const payload = link('tag', { products: { 'ä.txt': 'ä' } });
    const metablock = signMetablock(payload, alice).toString();
    expect(metablock.split('\n').slice(0, 4)).toEqual([
      '{',
      ' "signatures": [',
      '  {',
      `   "keyid": "${alice.keyid}",`,
    ]);
    expect(metablock).toContain('"\\u00e4.txt"');
    const envelope = JSON.parse(signDsse(payload, alice).toString());
    expect(envelope.payloadType).toBe('application/vnd.in-toto+json');
    expect(Buffer.from(envelope.payload, 'base64').toString()).toBe(pythonJson(payload));
  });
});

describe('pythonJson', () => {
  it.each([
    [{ b: 1, a: [] }, '{"a": [], "b": 1}'],
    [['é', '\u007f', '\n', '\u{1f600}'], '["\\u00e9", "\\u007f", "\\n", "\\ud83d\\ude00"]'],
    [{ '\u{1f600}': true, '\ufffd': null }, '{"\\ufffd": null, "\\ud83d\\ude00": true}'],
  ])('writes %j as Python does', (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });

  it('indents by one as in-toto does', () => {
    expect(pythonJson({ a: [1, {}] }, 1)).toBe('{\n "a": [\n  1,\n  {}\n ]\n}');
  });
});
