import { describe, expect, it } from 'vitest';
import type { KeyChangeKind, KeyRecord } from '#key-lifecycle/key-record.js';
import type { ChainSettings } from '#persistence/chains/chain-settings.js';
import type { SubjectState } from '#persistence/verdicts/current-verdict.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import { NOW } from '../../test/support/evidence-world.js';
import { keyStanding } from './key-standing.js';

const [bob, carol] = ['b0'.repeat(32), 'ca'.repeat(32)];
const before = new Date(NOW.getTime() - 60_000);
const after = new Date(NOW.getTime() + 60_000);

const signature = (fingerprint: string, more: Partial<MetSignature> = {}): MetSignature => ({
  fingerprint,
  role: 'functionary',
  receivedAt: NOW.toISOString(),
  owner: fingerprint,
  standing: 'counted',
  ...more,
});

const key = (fingerprint: string, owner: string, ...changes: KeyChangeKind[]): KeyRecord => ({
  fingerprint,
  owner,
  notBefore: undefined,
  notAfter: undefined,
  changes: changes.map((change, at) => ({ ...change, seq: String(at + 1), recordedAt: NOW })),
});

function standing(
  reliesOn: readonly MetSignature[] | null,
  keys: readonly KeyRecord[] = [],
  more: { limitsKeys?: boolean; grandfather?: ChainSettings['grandfather'] } = {},
) {
  const state: SubjectState = {
    verdict: {
      seq: '1',
      outcome: 'pass',
      layoutId: null,
      body: { findings: [], missing: [], evidence: [], layout: null },
      evaluatedAt: NOW,
      validUntil: null,
      basis: null,
      reliesOn,
    },
    activeLayout: null,
    rules: { settings: '', owners: '' },
    settings: { conflict: 'strict', maxAge: {}, grandfather: more.grandfather },
    keys: new Map(keys.map((record) => [record.fingerprint, record])),
    limitsKeys: more.limitsKeys ?? false,
    hasUnseen: false,
  };
  const { denials, warnings } = keyStanding(state);
  return [...denials, ...warnings].map(({ code, fingerprint }) => [code, fingerprint].join(' ').trim());
}

describe('a stored pass', () => {
  it('stands while nothing is said of its keys, registered or not', () => {
    expect(standing([signature(bob), signature(carol)], [key(bob, bob)])).toEqual([]);
  });

  it.each<[string, KeyChangeKind, string[]]>([
    ['suspended', { kind: 'suspended' }, [`KEY_SUSPENDED ${bob}`]],
    ['mis-issued', { kind: 'misissued' }, [`KEY_MISISSUED ${bob}`]],
    ['compromised', { kind: 'compromised', since: after }, [`KEY_COMPROMISED ${bob}`]],
    ['retired before it signed', { kind: 'retired', effective: before }, [`KEY_RETIRED ${bob}`]],
    ['retired after it signed', { kind: 'retired', effective: after }, []],
  ])('is judged anew when a key is %s', (_, change, codes) => {
    expect(standing([signature(bob), signature(carol)], [key(bob, bob, change)])).toEqual(codes);
  });

  it('stands with a warning where the chain lets older signatures of a compromised key stand', () => {
    const keys = [key(bob, bob, { kind: 'compromised', since: after })];
    const chain = { grandfather: 'byReceipt' as const };
    expect(standing([signature(bob)], keys, chain)).toEqual([`GRANDFATHERED ${bob}`]);
    expect(standing([signature(bob, { standing: 'grandfathered' })], keys, chain)).toEqual([]);
  });

  it('names a key once, however many links it signed', () => {
    const links = [signature(bob), signature(bob, { receivedAt: before.toISOString() })];
    expect(standing(links, [key(bob, bob, { kind: 'misissued' })])).toEqual([`KEY_MISISSUED ${bob}`]);
  });

  it('stands by a key that did not count before either', () => {
    const refused = signature(bob, { standing: 'refused' });
    expect(standing([refused], [key(bob, bob, { kind: 'misissued' })])).toEqual([]);
  });

  it('does not stand once a signature counts that did not: its link may contradict', () => {
    const refused = signature(bob, { standing: 'refused' });
    expect(standing([refused, signature(carol)], [key(bob, bob)])).toEqual([`KEY_RESTORED ${bob}`]);
  });

  it('does not stand when two keys turn out to be of one owner, or one owner to be two', () => {
    const two = [signature(bob), signature(carol)];
    expect(standing(two, [key(bob, 'bob'), key(carol, 'bob')])).toEqual([`KEY_OWNER_CHANGED ${bob}`]);
    const one = [signature(bob, { owner: 'bob' }), signature(carol, { owner: 'bob' })];
    expect(standing(one, [key(bob, 'bob'), key(carol, 'carol')])).toEqual([`KEY_OWNER_CHANGED ${bob}`]);
  });

  it('stands when owners are only called otherwise', () => {
    const two = [signature(bob), signature(carol)];
    expect(standing(two, [key(bob, 'Bob Builder'), key(carol, 'Carol')])).toEqual([]);
  });

  it('that does not say what it relies on stands only in a chain that limits no key', () => {
    expect(standing(null)).toEqual([]);
    expect(standing(null, [], { limitsKeys: true })).toEqual(['KEYS_UNKNOWN']);
  });
});
