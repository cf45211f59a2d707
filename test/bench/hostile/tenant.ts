import { setTimeout as sleep } from 'node:timers/promises';
import { expectStatus } from '../../support/client.js';
import { createKey, type SigningKey } from '../../support/supply-chain.js';
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

/** Nobody has heard of this image. What is read costs the same as any verdict, but for its size. */
const UNKNOWN_VERDICT = `/verdicts/sha256:${'0'.repeat(64)}`;
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
  const revoke = await revoker(installation, story, Math.ceil((seconds * 1_000) / REVOKE_EVERY_MS));
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
  const taken = (outcomes: readonly (Outcome | undefined)[]) =>
    outcomes.filter((each) => typeof each === 'number');
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
  const { status } = await call(service, 'GET', UNKNOWN_VERDICT);
  return status === 404 ? performance.now() - start : `read: ${status}`;
}

/** A thief has a token and a key, of another chain of the tenant's each time. All is there before it is stolen. */
async function revoker({ service, elsewhere, operator }: Installation, story: string, times: number) {
  const authorization = service.operatorAuthorization;
  const thefts: { chain: string; owner: SigningKey; id: string; token: string }[] = [];
  for (let n = 0; n < times; n += 1) {
    const chain = `acme/${story}-${n}`;
    const owner = createKey('ed25519');
    expectStatus(await operator.createChain(chain, owner), 201);
    const made = await operator.post('/tokens', { name: 'stolen', scopes: ['read'], chain });
    const { id, token } = expectStatus(made, 201).body as { id: string; token: string };
    thefts.push({ chain, owner, id, token });
  }
  const suspend = async (chain: string, { keyid }: SigningKey): Promise<Outcome> => {
    const start = performance.now();
    const body = Buffer.from(JSON.stringify({ reason: 'stolen' }));
    const path = `/keys/${keyid}/suspend?chain=${chain}`;
    const { status } = await call({ url: service.url, authorization }, 'POST', path, body);
    return status === 200 ? performance.now() - start : `suspension: ${status}`;
  };
  const revoke = async (id: string, token: string): Promise<Outcome> => {
    const tried = () => call({ url: elsewhere, authorization: `Bearer ${token}` }, 'GET', UNKNOWN_VERDICT);
    if ((await tried()).status !== 404) return 'a token that does not work';
    const start = performance.now();
    const { status } = await call({ url: service.url, authorization }, 'DELETE', `/tokens/${id}`);
    if (status !== 204) return `revocation: ${status}`;
    while (performance.now() < start + PATIENCE_MS) {
      if ((await tried()).status === 401) return performance.now() - start;
      await sleep(20);
    }
    return 'revoked, and taken still';
  };
  return async (): Promise<Outcome[]> => {
    const theft = thefts.pop();
    if (!theft) return [];
    return Promise.all([revoke(theft.id, theft.token), suspend(theft.chain, theft.owner)]);
  };
}
