import { describe, expect, it } from 'vitest';
import {
  createKey,
  layout,
  link,
  type SigningKey,
  signDsse,
  signMetablock,
} from '../../../test/support/supply-chain.js';
import type { JsonObject } from '../json/value.js';
import { parsePublicKey } from '../keys/public-key.js';
import type { Inspection } from '../metadata/items.js';
import type { Link } from '../metadata/link.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { linkFileName, sublayoutDirectory } from './load-links.js';
import { validSignatures } from './signatures.js';
import { type VerificationInput, verify } from './verify.js';

const at = new Date('2026-01-01T00:00:00Z');
const [owner, alice, bob, carol] = ['owner', 'alice', 'bob', 'carol'].map((seed) =>
  createKey('ed25519', { seed }),
) as [SigningKey, SigningKey, SigningKey, SigningKey];
const ownerKey = parsePublicKey(owner.publicKey);

type Files = Readonly<Record<string, Uint8Array>>;

function run(policy: JsonObject, files: Files, more: Partial<VerificationInput> = {}) {
  return verify(
    {
      layout: signMetablock(policy, owner),
      layoutKeys: [ownerKey],
      links: { read: (name) => files[name] },
      ...more,
    },
    { at },
  );
}

function signed(step: string, key: SigningKey, story: Parameters<typeof link>[1] = {}): Files {
  return { [linkFileName(step, key.keyid)]: signMetablock(link(step, story), key) };
}

describe('layout signatures', () => {
  const policy = layout().step('a', { by: alice }).toPayload();
  const files = signed('a', alice);

  it('are needed of every given key', () => {
    const keys = [ownerKey, parsePublicKey(bob.publicKey)];
    const { findings } = run(policy, files, { layoutKeys: keys });
    expect(findings[0]).toMatchObject({ code: 'LAYOUT_SIGNATURE_MISSING', keyid: bob.keyid });
    expect(
      run(policy, files, { layoutKeys: keys, layout: signMetablock(policy, [owner, bob]) }).outcome,
    ).toBe('pass');
  });

  it('are needed of somebody', () => {
    expect(run(policy, files, { layoutKeys: [] }).findings[0]?.code).toBe('LAYOUT_KEYS_INVALID');
  });

  it('can be counted towards a threshold of owners', () => {
    const keys = [owner, alice, bob].map(({ publicKey }) => parsePublicKey(publicKey));
    for (const sign of [signMetablock, signDsse]) {
      const metadata = parseMetadata(sign(policy, [owner, bob]));
      expect(validSignatures(metadata, keys, at)).toEqual([owner.keyid, bob.keyid]);
      expect(validSignatures(metadata, [...keys, ...keys], at)).toEqual([owner.keyid, bob.keyid]);
    }
  });

  it('by nobody known say nothing of the layout’s content', () => {
    const stranger = signMetablock(policy, bob);
    const { findings, missing } = run(policy, {}, { layout: stranger });
    expect(findings.map(({ code }) => code)).toEqual(['LAYOUT_SIGNATURE_MISSING']);
    expect(missing).toEqual([]);
  });
});

describe('expiry', () => {
  const policy = layout({ expires: '2026-01-01T00:00:00Z' }).step('a', { by: alice }).toPayload();

  it('counts the second itself, and hides nothing else', () => {
    const { findings } = run(policy, {});
    expect(findings.map(({ code }) => code)).toEqual(['LAYOUT_EXPIRED', 'LINK_MISSING']);
  });

  it('is as of the given time, never as of now', () => {
    const earlier = new Date('2025-12-31T23:59:59Z');
    const input = {
      layout: signMetablock(policy, owner),
      layoutKeys: [ownerKey],
      links: { read: (name: string) => signed('a', alice)[name] },
    };
    expect(verify(input, { at: earlier }).outcome).toBe('pass');
  });
});

describe('thresholds', () => {
  const policy = layout()
    .step('a', { by: [alice, bob, carol], threshold: 2, products: ['ALLOW x', 'DISALLOW *'] })
    .step('b', { by: carol })
    .toPayload();

  it('tell all that is missing, and nothing that only follows from it', () => {
    const { findings, missing } = run(policy, signed('a', alice, { products: { y: '1' } }));
    expect(findings.map(({ code, step }) => [code, step])).toEqual([
      ['LINK_MISSING', 'a'],
      ['LINK_MISSING', 'b'],
    ]);
    expect(missing).toEqual([
      { step: 'a', threshold: 2, have: 1, authorizedKeyids: [alice, bob, carol].map(({ keyid }) => keyid) },
      { step: 'b', threshold: 1, have: 0, authorizedKeyids: [carol.keyid] },
    ]);
  });

  it('are not met by one key under two names', () => {
    const copy = { [linkFileName('a', bob.keyid)]: signMetablock(link('a'), alice) };
    const { findings, missing } = run(policy, { ...signed('a', alice), ...copy, ...signed('b', carol) });
    expect(findings.map(({ code }) => code)).toEqual(['THRESHOLD_NOT_MET', 'LINK_SIGNATURE_MISSING']);
    expect(findings[0]?.nearestMiss).toContain(`signed by ${alice.keyid}, not by ${bob.keyid}`);
    expect(missing).toMatchObject([{ step: 'a', have: 1 }]);
  });

  it('name the links that counted', () => {
    const files = { ...signed('a', bob), ...signed('a', carol), ...signed('b', carol) };
    expect(run(policy, files)).toMatchObject({
      outcome: 'pass',
      missing: [],
      used: [
        { step: 'a', keyid: bob.keyid, fileName: linkFileName('a', bob.keyid) },
        { step: 'a', keyid: carol.keyid, fileName: linkFileName('a', carol.keyid) },
        { step: 'b', keyid: carol.keyid, fileName: linkFileName('b', carol.keyid) },
      ],
    });
  });

  it('want links that agree, and tell on what they do not', () => {
    const files = {
      ...signed('a', alice, { products: { x: '1' } }),
      ...signed('a', bob, { products: { x: '2' } }),
      ...signed('b', carol),
    };
    expect(run(policy, files).findings[0]).toMatchObject({
      code: 'LINKS_DISAGREE',
      step: 'a',
      side: 'products',
      paths: ['x'],
      keyid: bob.keyid,
    });
  });

  it('say whose link is there when it is not a functionary’s', () => {
    const { findings } = run(policy, { ...signed('a', alice), ...signed('a', bob), ...signed('b', alice) });
    expect(findings[0]).toMatchObject({ code: 'LINK_MISSING', step: 'b', expected: [carol.keyid] });
    expect(findings[0]?.nearestMiss).toContain(alice.keyid);
  });

  it('break off at a file that is no metadata, even when there are enough others', () => {
    const junk = { [linkFileName('a', carol.keyid)]: Buffer.from('junk') };
    const { outcome, findings } = run(policy, {
      ...signed('a', alice),
      ...signed('a', bob),
      ...junk,
      ...signed('b', carol),
    });
    expect([outcome, findings[0]?.code, findings[0]?.fileName]).toEqual([
      'fail',
      'LINK_UNREADABLE',
      linkFileName('a', carol.keyid),
    ]);
  });
});

describe('sublayouts', () => {
  const inner = layout()
    .step('compile', { by: bob, products: ['CREATE app', 'DISALLOW *'] })
    .toPayload();
  const policy = layout()
    .step('build', { by: alice, products: ['CREATE app', 'DISALLOW *'] })
    .toPayload();
  const directory = sublayoutDirectory('build', alice.keyid);
  const file = `${directory}/${linkFileName('compile', bob.keyid)}`;
  const delegated = { [linkFileName('build', alice.keyid)]: signMetablock(inner, alice) };

  it('stand for the step with their summary', () => {
    const result = run(policy, {
      ...delegated,
      [file]: signMetablock(link('compile', { products: { app: '1' } }), bob),
    });
    expect(result).toMatchObject({ outcome: 'pass', used: [{ fileName: file }, { step: 'build' }] });
    expect(Object.keys(result.summary?.products ?? {})).toEqual(['app']);
  });

  it('fail everything when they fail, and say where', () => {
    const result = run(policy, {
      ...delegated,
      [file]: signMetablock(link('compile', { products: { evil: '1' } }), bob),
    });
    expect(result.findings[0]).toMatchObject({
      code: 'RULE_DISALLOWED',
      step: 'compile',
      sublayout: [directory],
      paths: ['evil'],
    });
  });

  it('report the links that they miss', () => {
    expect(run(policy, delegated)).toMatchObject({
      outcome: 'fail',
      missing: [{ step: 'compile', sublayout: [directory], have: 0 }],
    });
  });
});

describe('inspections', () => {
  const policy = layout()
    .inspect('untar', { run: 'tar x', products: ['REQUIRE app'] })
    .toPayload();
  const inspected = link('untar', { command: 'tar x', products: { app: '1' } });
  const passing = (inspection: Inspection): Link => ({
    type: 'link',
    name: inspection.name,
    materials: {},
    products: { app: { sha256: '00' } },
    byproducts: { 'return-value': 0 },
    command: inspection.run,
    environment: {},
  });

  it('are not run by this library', () => {
    expect(run(policy, {}).findings.map(({ code, inspection }) => [code, inspection])).toEqual([
      ['INSPECTION_NOT_EXECUTED', 'untar'],
    ]);
  });

  it('are run by the caller', () => {
    expect(run(policy, {}, { inspect: passing }).outcome).toBe('pass');
    const failing = () => ({ type: 'failure', reason: 'exit status 2' }) as const;
    expect(run(policy, {}, { inspect: failing }).findings[0]).toMatchObject({
      code: 'INSPECTION_FAILED',
      found: ['exit status 2'],
    });
  });

  it('are not run for a chain that has failed already', () => {
    const both = layout()
      .step('a', { by: alice, products: ['DISALLOW *'] })
      .inspect('untar', { run: 'tar x' })
      .toPayload();
    let runs = 0;
    const counting = (inspection: Inspection) => {
      runs++;
      return passing(inspection);
    };
    run(both, signed('a', alice, { products: { x: '1' } }), { inspect: counting });
    expect(runs).toBe(0);
  });

  it.each([
    ['signed by a trusted key', inspected, bob, 'pass', undefined],
    ['signed by another key', inspected, alice, 'fail', 'INSPECTION_NOT_EXECUTED'],
    ['of another name', link('other', { command: 'tar x' }), bob, 'fail', 'INSPECTION_NOT_EXECUTED'],
    ['of another command', link('untar', { command: 'true' }), bob, 'fail', 'INSPECTION_NOT_EXECUTED'],
    [
      'that failed',
      link('untar', { command: 'tar x', byproducts: { 'return-value': 1 } }),
      bob,
      'fail',
      'INSPECTION_FAILED',
    ],
  ])('can be supplied as a link %s: %#', (_, payload, signer, outcome, code) => {
    const supplied = signMetablock(payload, signer);
    const inspectionLinks = {
      keys: [parsePublicKey(bob.publicKey)],
      links: { read: (name: string) => (name === linkFileName('untar', bob.keyid) ? supplied : undefined) },
    };
    const result = run(policy, {}, { inspectionLinks });
    expect([result.outcome, result.findings[0]?.code]).toEqual([outcome, code]);
  });
});

describe('the result', () => {
  it('is the same for the same input', () => {
    const policy = layout()
      .step('a', { by: alice, products: ['DISALLOW *'] })
      .toPayload();
    const files = signed('a', alice, { products: { x: '1', y: '2' } });
    expect(run(policy, files)).toEqual(run(policy, files));
  });

  it('warns of other commands without failing', () => {
    const policy = layout().step('a', { by: alice, command: 'make all' }).toPayload();
    const { outcome, findings } = run(policy, signed('a', alice, { command: 'make' }));
    expect(outcome).toBe('pass');
    expect(findings).toMatchObject([
      { code: 'COMMAND_DIFFERS', severity: 'warning', expected: ['["make","all"]'], found: ['["make"]'] },
    ]);
  });

  it('traces the queue after every rule on request', () => {
    const policy = layout()
      .step('a', { by: alice, products: ['ALLOW x', 'ALLOW *'] })
      .toPayload();
    const files = signed('a', alice, { products: { x: '1', y: '2' } });
    const input = {
      layout: signMetablock(policy, owner),
      layoutKeys: [ownerKey],
      links: { read: (name: string) => files[name] },
    };
    expect(verify(input, { at, trace: true }).trace).toEqual([
      { item: 'a', side: 'materials', queues: [], failed: false },
      { item: 'a', side: 'products', queues: [['y'], []], failed: false },
    ]);
    expect(verify(input, { at }).trace).toBeUndefined();
  });
});
