import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../../support/client.js';
import { createKey } from '../../support/supply-chain.js';
import { call, playPipelines } from '../steady/pipelines.js';
import type { Installation } from './installation.js';

/** What the honest tenant did in a time, in milliseconds where it came to an end. */
export interface Tenancy {
  readonly builds: number;
  /** From when a build's last link was to be sent to its pass. */
  readonly passes: readonly number[];
  readonly reads: readonly number[];
  /** From the request to revoke a token until another process refuses it. */
  readonly revocations: readonly number[];
  /** Until a stolen key is suspended. */
  readonly suspensions: readonly number[];
  /** Whatever of it was refused, not answered, or never decided: by what it was. */
  readonly lost: Readonly<Record<string, number>>;
}

const READ_EVERY_MS = 100;
const REVOKE_EVERY_MS = 3_000;
/** After this, a revocation has not happened. */
const PATIENCE_MS = 30_000;

export async function playTenant(
  installation: Installation,
  story: string,
  linksPerSecond: number,
  seconds: number,
): Promise<Tenancy> {
  const { service, database } = installation;
  const lost: Record<string, number> = {};
  const lose = (what: string): void => {
    lost[what] = (lost[what] ?? 0) + 1;
  };
  const revoke = await revoker(installation, story);
  const [builds, reads, trust] = await Promise.all([
    playPipelines({ service, queryUrl: service.url, listener: database }, story, linksPerSecond, seconds),
    every(READ_EVERY_MS, seconds, () => read(installation)),
    every(REVOKE_EVERY_MS, seconds, revoke),
  ]);
  for (const { refused, passed } of builds) {
    if (refused !== undefined) lose(`link: ${refused}`);
    else if (passed === 0) lose('no verdict');
  }
  for (const outcome of [...reads, ...trust.flat()]) if (typeof outcome === 'string') lose(outcome);
  const taken = (outcomes: readonly Outcome[]) => outcomes.filter((each) => typeof each === 'number');
  return {
    builds: builds.length,
    passes: builds.filter(({ passed }) => passed > 0).map(({ passed, due }) => passed - due),
    reads: taken(reads),
    revocations: taken(trust.map(([token]) => token)),
    suspensions: taken(trust.map(([, key]) => key)),
    lost,
  };
}

/** Milliseconds, or what went wrong. */
type Outcome = number | string;

/** Begins whether or not what began before is over. */
async function every<T>(milliseconds: number, seconds: number, act: () => Promise<T>): Promise<T[]> {
  const begun: Promise<T>[] = [];
  for (let at = 0; at < seconds * 1_000; at += milliseconds) {
    begun.push(act());
    await sleep(milliseconds);
  }
  return Promise.all(begun);
}

async function read({ service }: Installation): Promise<Outcome> {
  const start = performance.now();
  const { status } = await call(service, 'GET', `/verdicts/sha256:${'0'.repeat(64)}`);
  return status === 404 ? performance.now() - start : `read: ${status}`;
}

/** A thief has a token and a key. The tokens are made before they are stolen. */
async function revoker({ service, elsewhere, operator }: Installation, story: string) {
  const chain = `acme/${story.replaceAll(' ', '-')}`;
  const owner = createKey('ed25519');
  expectStatus(await operator.createChain(chain, owner), 201);
  const authorization = service.operatorAuthorization;
  const thieves: { id: string; token: string }[] = [];
  for (let n = 0; n < 20; n += 1) {
    const made = await operator.post('/tokens', { name: 'stolen', scopes: ['read'], chain });
    thieves.push(expectStatus(made, 201).body as { id: string; token: string });
  }
  const suspend = async (): Promise<Outcome> => {
    const start = performance.now();
    const body = Buffer.from(JSON.stringify({ reason: 'stolen' }));
    const path = `/keys/${owner.keyid}/suspend?chain=${chain}`;
    const { status } = await call({ url: service.url, authorization }, 'POST', path, body);
    return status === 200 ? performance.now() - start : `suspension: ${status}`;
  };
  const revoke = async (): Promise<Outcome> => {
    const { id, token } = thieves.pop() ?? { id: '', token: '' };
    const tried = () => call({ url: elsewhere, authorization: `Bearer ${token}` }, 'GET', '/chains');
    if ((await tried()).status !== 200) return 'no token to revoke';
    const start = performance.now();
    const { status } = await call({ url: service.url, authorization }, 'DELETE', `/tokens/${id}`);
    if (status !== 204) return `revocation: ${status}`;
    while (performance.now() < start + PATIENCE_MS) {
      if ((await tried()).status === 401) return performance.now() - start;
      await sleep(20);
    }
    return 'revoked, and taken still';
  };
  return (): Promise<[token: Outcome, key: Outcome]> => Promise.all([revoke(), suspend()]);
}
