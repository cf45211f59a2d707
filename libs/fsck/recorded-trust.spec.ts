import { expect, it } from 'vitest';
import type { TrustRecord } from '#storage/journal-record.js';
import { foldTrust } from './recorded-trust.js';

const at = '2026-11-22T16:00:00.000Z';
const created: TrustRecord = {
  v: 1,
  kind: 'chain',
  at,
  name: 'acme/web',
  ownerKeys: [],
  ownerThreshold: 1,
  settings: {},
};
const told: TrustRecord = {
  v: 1,
  kind: 'event',
  at,
  seq: '1',
  event: 'chain-created',
  fingerprint: null,
  body: {},
  actor: 'a token',
  reason: 'a new product',
  recordedAt: at,
};

it('keeps what was said within the millisecond of the creation, in whichever order it is read', () => {
  for (const records of [
    [created, told],
    [told, created],
  ]) {
    expect([...(foldTrust(records)?.events.keys() ?? [])]).toEqual(['1']);
  }
});
