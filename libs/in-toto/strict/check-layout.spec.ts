import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exampleChain } from '../../../test/support/example-chain.js';
import {
  createKey,
  layout,
  type SigningKey,
  signDsse,
  signMetablock,
} from '../../../test/support/supply-chain.js';
import type { JsonObject } from '../json/value.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { checkLayoutFile } from './check-file.js';

const alice = createKey('ed25519', { seed: 'alice' });
const bob = createKey('ed25519', { seed: 'bob' });
const owner = createKey('ed25519', { seed: 'owner' });
const CLOSED = { materials: ['DISALLOW *'], products: ['DISALLOW *'] };

describe('a sound layout', () => {
  it.each(['metablock', 'dsse'] as const)('passes in a %s, but for lists of rules left open', (container) => {
    expect(issuesOf(exampleChain({ container }).layout)).toEqual([
      'warn RULES_OPEN_ENDED steps/0/expected_materials',
    ]);
  });

  it('passes in full', () => {
    expect(issuesOf(sign(sound()))).toEqual([]);
  });
});

describe('a step name that leaves the link directory', () => {
  it.each(['../escape', 'a/b', 'a\\b', 'nul\0', 'a..b', 'line\nbreak'])('is refused: %j', (name) => {
    expect(
      issuesOf(
        sign(
          layout()
            .step(name, { by: alice, ...CLOSED })
            .toPayload(),
        ),
      ),
    ).toEqual(['refuse NAME_UNSAFE steps/0/name']);
  });

  it('is refused if it is empty or no string', () => {
    expect(issuesOf(sign(withStep({ name: '' })))).toEqual(['refuse NAME_EMPTY steps/0/name']);
    expect(issuesOf(sign(withStep({ name: 7 })))).toEqual(['refuse NAME_NOT_TEXT steps/0/name']);
    expect(issuesOf(sign(withStep({ name: null })))).toEqual(['refuse NAME_NOT_TEXT steps/0/name']);
  });

  it('is refused if it only differs as a number', () => {
    const payload = layout()
      .step('1', { by: alice, ...CLOSED })
      .step('2', { by: alice, ...CLOSED })
      .toPayload();
    const [one, two] = payload.steps as JsonObject[];
    expect(issuesOf(sign({ ...payload, steps: [one ?? null, { ...two, name: 1 }] }))).toEqual([
      'refuse NAME_NOT_TEXT steps/1/name',
      'refuse NAME_REPEATED steps/1/name',
    ]);
  });
});

describe('a threshold', () => {
  it.each([
    [0, 'THRESHOLD_BELOW_ONE'],
    [-1, 'THRESHOLD_BELOW_ONE'],
    [true, 'THRESHOLD_NOT_A_NUMBER'],
    [3, 'THRESHOLD_UNREACHABLE'],
    [2 ** 70, 'THRESHOLD_UNREACHABLE'],
  ])('of %s with two keys is refused', (threshold, code) => {
    const exact = typeof threshold === 'number' && threshold > 2 ** 53 ? BigInt(threshold) : threshold;
    expect(issuesOf(sign(withStep({ threshold: exact }, [alice, bob])))).toEqual([
      `refuse ${code} steps/0/threshold`,
    ]);
  });

  it('of as many as there are keys passes', () => {
    expect(issuesOf(sign(withStep({ threshold: 2 }, [alice, bob])))).toEqual([]);
  });
});

describe('one public key under two ids', () => {
  const modern = createKey('ed25519', { seed: 'eve', style: '2.x' });
  const old = createKey('ed25519', { seed: 'eve', style: '1.x' });

  it('is refused, because alone it would meet a threshold of two', () => {
    const [, second] = [modern.keyid, old.keyid].toSorted();
    expect(issuesOf(sign(withStep({ threshold: 2 }, [modern, old])))).toEqual([
      `refuse KEY_TWICE keys/${second}`,
      'refuse THRESHOLD_UNREACHABLE steps/0/threshold',
    ]);
  });
});

describe('keys of a step', () => {
  it('are refused if their links would share a file name', () => {
    const twin = { ...bob.publicKey, keyid: `${alice.keyid.slice(0, 8)}${'0'.repeat(56)}` };
    const payload = layoutWithKeys({ [alice.keyid]: alice.publicKey, [twin.keyid]: twin });
    expect(issuesOf(sign(payload))).toEqual([
      `warn KEY_ID_FOREIGN keys/${twin.keyid}`,
      'refuse KEYID_PREFIX_SHARED steps/0/pubkeys',
    ]);
  });

  it('are refused if there are none, or the layout does not hold them', () => {
    expect(issuesOf(sign(withStep({ pubkeys: [] })))).toEqual(['refuse STEP_WITHOUT_KEYS steps/0/pubkeys']);
    expect(issuesOf(sign(withStep({ pubkeys: [alice.keyid, 'abcdef'] })))).toEqual([
      'refuse STEP_KEY_UNKNOWN steps/0/pubkeys/1',
    ]);
  });

  it('named twice are let in with a warning', () => {
    expect(issuesOf(sign(withStep({ pubkeys: [alice.keyid, alice.keyid] })))).toEqual([
      'warn STEP_KEY_REPEATED steps/0/pubkeys/1',
    ]);
  });

  it('are refused under an id that is not their own', () => {
    const payload = layoutWithKeys({ abcdef12: alice.publicKey });
    expect(issuesOf(sign(payload))).toEqual(['refuse KEY_UNDER_OTHER_ID keys/abcdef12']);
  });

  it('are refused unseen if there are too many to screen', () => {
    const many = Array.from({ length: 257 }, (_, i) => {
      const key = { ...alice.publicKey, keyid: i.toString(16).padStart(64, '0') };
      return [key.keyid, key] as const;
    });
    expect(issuesOf(sign(layoutWithKeys(Object.fromEntries(many))))).toEqual(['refuse KEYS_TOO_MANY keys']);
  });

  it('are screened', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
      .publicKey.export({ format: 'pem', type: 'spki' })
      .toString();
    const key = { keyid: 'ab', keytype: 'rsa', scheme: 'rsassa-pss-sha256', keyval: { public: weak } };
    const everyone = { ...alice.publicKey, keyid: 'cd', keyval: { public: `01${'00'.repeat(31)}` } };
    expect(issuesOf(sign(layoutWithKeys({ ab: key, cd: everyone })))).toEqual([
      'refuse KEY_RSA_SHORT keys/ab',
      'warn KEY_ID_FOREIGN keys/ab',
      'refuse KEY_ED25519_SMALL_ORDER keys/cd',
      'warn KEY_ID_FOREIGN keys/cd',
    ]);
  });
});

describe('a layout', () => {
  it('without an expiry is refused, as in a DSSE envelope it would never end', () => {
    const { expires, ...payload } = sound();
    expect(issuesOf(signDsse(payload, owner))).toEqual(['refuse EXPIRES_MISSING expires']);
    expect(expires).toBeDefined();
  });

  it('without steps is refused, as it lets everything pass', () => {
    expect(issuesOf(sign(layout().toPayload()))).toEqual(['refuse NO_STEPS steps']);
  });

  it('that nobody signed is refused', () => {
    expect(issuesOf(signMetablock(sound(), []))).toEqual(['refuse UNSIGNED signatures']);
  });

  it('with duplicate members is refused, also inside a DSSE payload', () => {
    const metablock = sign(sound()).toString().replace('"readme"', '"readme": "first", "readme"');
    expect(issuesOf(Buffer.from(metablock))).toEqual(['refuse DUPLICATE_MEMBER signed/readme']);
    const envelope = JSON.parse(signDsse(sound(), owner).toString());
    const payload = Buffer.from(envelope.payload, 'base64')
      .toString()
      .replace('"readme"', '"readme": "", "readme"');
    const doubled = JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') });
    expect(issuesOf(Buffer.from(doubled))).toEqual(['refuse DUPLICATE_MEMBER payload/readme']);
  });

  it('with a float in a member that verification drops is refused all the same', () => {
    const file = sign(sound()).toString().replace('"readme"', '"extra": 1.5, "readme"');
    expect(issuesOf(Buffer.from(file))).toEqual(['refuse FLOAT signed/extra', 'warn UNSIGNED_MEMBER signed']);
  });

  it('with members that no signature covers is let in with a warning', () => {
    const file = sign(sound()).toString().replace('"threshold"', '"approved": true, "threshold"');
    expect(issuesOf(Buffer.from(file))).toEqual(['warn UNSIGNED_MEMBER signed/steps/0']);
  });

  it('with two signatures of one key is let in with a warning', () => {
    expect(issuesOf(signMetablock(sound(), [owner, owner]))).toEqual([
      'warn SIGNATURE_REPEATED signatures/1',
    ]);
  });

  it('with an inspection says that nobody will run it', () => {
    const payload = layout()
      .step('build', { by: alice, ...CLOSED })
      .inspect('untar', { run: 'tar xf x', ...CLOSED })
      .toPayload();
    expect(issuesOf(sign(payload))).toEqual(['warn INSPECTION inspect/0']);
  });
});

describe('rules that do less than they look', () => {
  it.each([
    ['no last DISALLOW *', ['ALLOW *'], 'RULES_OPEN_ENDED steps/0/expected_products'],
    [
      'MATCH from nowhere',
      ['MATCH * WITH PRODUCTS FROM nowhere', 'DISALLOW *'],
      'MATCH_STEP_UNKNOWN steps/0/expected_products/0',
    ],
    [
      'REQUIRE with a wildcard',
      ['REQUIRE *.tar', 'DISALLOW *'],
      'REQUIRE_IS_LITERAL steps/0/expected_products/0',
    ],
    ['a path with a dot', ['ALLOW ./a', 'DISALLOW *'], 'PATTERN_NOT_NORMAL steps/0/expected_products/0'],
    [
      'a path upwards',
      ['MATCH a IN ../b WITH PRODUCTS FROM build', 'DISALLOW *'],
      'PATTERN_NOT_NORMAL steps/0/expected_products/0',
    ],
    ['a placeholder', ['ALLOW {NAME}', 'DISALLOW *'], 'PLACEHOLDERS '],
  ])('are let in with a warning: %s', (_what, products, issue) => {
    const payload = layout()
      .step('build', { by: alice, materials: ['DISALLOW *'], products })
      .toPayload();
    expect(issuesOf(sign(payload))).toEqual([`warn ${issue}`]);
  });

  it('are told of steps that refer to an inspection, which steps cannot see', () => {
    const products = ['MATCH * WITH PRODUCTS FROM untar', 'DISALLOW *'];
    const payload = layout()
      .step('build', { by: alice, materials: ['DISALLOW *'], products })
      .inspect('untar', { run: 'true', materials: products, products })
      .toPayload();
    expect(issuesOf(sign(payload))).toEqual([
      'warn MATCH_STEP_UNKNOWN steps/0/expected_products/0',
      'warn INSPECTION inspect/0',
    ]);
  });
});

function sound(): JsonObject {
  return layout()
    .step('build', { by: alice, ...CLOSED })
    .toPayload();
}

function withStep(members: JsonObject, by: SigningKey[] = [alice]): JsonObject {
  const payload = layout()
    .step('build', { by, ...CLOSED })
    .toPayload();
  const [step] = payload.steps as JsonObject[];
  return { ...payload, steps: [{ ...step, ...members }] };
}

function layoutWithKeys(keys: JsonObject): JsonObject {
  return { ...withStep({ pubkeys: Object.keys(keys) }), keys };
}

function sign(payload: JsonObject): Buffer {
  return signMetablock(payload, owner);
}

function issuesOf(file: Uint8Array): string[] {
  return checkLayoutFile(file, parseMetadata(file)).map(
    ({ severity, code, where }) => `${severity} ${code} ${where}`,
  );
}
