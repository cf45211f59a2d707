import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Service, startService } from '../support/service.js';
import { type Act, histories } from './history-acts.js';
import { HistoryWorld } from './history-world.js';

/** `CUSTODY_HISTORIES=200` plays more of them; a failure prints the seed that brings it back. */
const HISTORIES = Number(process.env.CUSTODY_HISTORIES ?? 8);

/** A key is revoked while nothing but the layout decides, which an owner signed who has left. */
const REVOKED_MEANWHILE: Act[] = [
  { what: 'link', step: 'build', by: ['alice', 'bob'], run: '1', sound: true },
  { what: 'link', step: 'pack', by: ['carol'], run: '1', sound: true },
  { what: 'layout', threshold: 1, signedBy: ['otto'] },
  { what: 'root', owners: ['olga'], ofOne: false, threshold: 1 },
  { what: 'change', key: 'alice', kind: 'compromised', when: 'never' },
];

describe('in any history of links, layouts, settings and keys', () => {
  let service: Service;
  let chains = 0;

  beforeAll(async () => {
    service = await startService({ CUSTODY_LOG_LEVEL: 'error' });
  });

  afterAll(() => service.stop());

  const newWorld = async () => {
    chains += 1;
    const world = new HistoryWorld(service, `acme/history-${chains}`);
    await world.found();
    return world;
  };

  it('nothing is ever allowed that a verification from scratch would not allow, a replay of the keys finds just that, and reports of the past say what was told then', async () => {
    const seen = { allowed: 0, denied: 0, restored: 0 };
    await fc.assert(
      fc.asyncProperty(histories, async (acts) => {
        const world = await newWorld();
        const told: { at: Date; allowed: boolean }[] = [];
        for (const act of acts) {
          const { onlyTrust } = await world.do(act);
          // A link takes a moment to be verified; what was revoked takes none.
          if (!onlyTrust) await world.settle();
          const { allowed, deserved, why } = await world.compare();
          expect({ allowed, deserved: allowed ? deserved : 'any', why, act }).toMatchObject({
            deserved: allowed ? true : 'any',
          });
          await world.settle();
          told.push({ at: await world.moment(), allowed: (await world.compare()).allowed });
          seen[allowed ? 'allowed' : deserved ? 'restored' : 'denied'] += 1;
        }
        await expectToEqualScratch(world);
        const reports = told.map(async ({ at }) => ({ at, allowed: await world.wasAllowed(at) }));
        expect(await Promise.all(reports)).toEqual(told);
      }),
      { numRuns: HISTORIES, examples: [[REVOKED_MEANWHILE]] },
    );
    expect(seen).toMatchObject({ allowed: expect.any(Number), denied: expect.any(Number) });
    console.info(`answers compared: ${JSON.stringify(seen)}`);
  }, 300_000);

  it('what is stored is what a verification from scratch finds, at every point where the keys are replayed', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (acts) => {
        const world = await newWorld();
        for (const act of acts) {
          await world.do(act);
          await world.settle();
          await expectToEqualScratch(world);
        }
      }),
      { numRuns: Math.ceil(HISTORIES / 2), examples: [[REVOKED_MEANWHILE]] },
    );
  }, 300_000);
});

async function expectToEqualScratch(world: HistoryWorld): Promise<void> {
  await world.replayKeys();
  await world.settle();
  const [stored, scratch] = [await world.current(), await world.fromScratch()];
  expect(stored?.outcome).toBe(scratch?.outcome);
  expect(stored?.inputsDigest.toString('hex')).toBe(scratch?.inputsDigest.toString('hex'));
  const { allowed, deserved } = await world.compare();
  expect(allowed).toBe(deserved);
}
