import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Notification } from 'pg';
import { type SignedBuild, signedBuild } from '../evidence/builds.js';
import type { ReadyService } from '../service.js';

/** A tenant whose pipelines post their links at a steady rate, and whose deploy tool waits for their verdicts. */
export interface Tenant {
  readonly service: ReadyService;
  /** Answers for verdicts; another process than the one that takes links, maybe. */
  readonly queryUrl: string;
  /** Listens to the channel of verdicts. */
  readonly listener: Client;
}

export interface Build extends SignedBuild {
  readonly run: string;
  /** When the request with the last link was to begin. */
  due: number;
  /** When it was answered with 201. */
  acknowledged: number;
  passed: number;
  /** What a link of it was answered instead of 201; 0 is no answer. */
  refused?: number;
}

export const LINKS_A_BUILD = 3;

/** How long a client waits for an answer, and for the verdicts once the last link of all is answered. */
const PATIENCE_MS = 30_000;

/** A process ends once this is destroyed. */
export const connections = new Agent({ keepAlive: true, maxSockets: 64 });

/** Posts links at the rate whatever the answers do, and asks for each verdict when the database says that there is one. */
export async function playPipelines(
  { service, queryUrl, listener }: Tenant,
  story: string,
  rate: number,
  seconds: number,
): Promise<Build[]> {
  const builds = Array.from({ length: Math.ceil((rate * seconds) / LINKS_A_BUILD) }, (_, at): Build => {
    const name = `${story}, ${at}`;
    return { ...signedBuild(service.cast, name), run: name, due: 0, acknowledged: 0, passed: 0 };
  });
  const byDigest = new Map(builds.map((build) => [build.digest.slice('sha256:'.length), build]));
  const told = ({ payload }: Notification): void => {
    const build = byDigest.get(payload?.split(' ')[1] ?? '');
    if (build && build.due > 0) void ask(service, queryUrl, build);
  };
  listener.on('notification', told);
  const start = performance.now();
  const posts: Promise<void>[] = [];
  // The links of a build are a second apart, as steps of a pipeline are, and those of other builds come between.
  const apart = Math.ceil(rate / LINKS_A_BUILD);
  const slots = (builds.length + apart * (LINKS_A_BUILD - 1)) * LINKS_A_BUILD;
  for (let slot = 0; slot < slots; slot += 1) {
    const step = slot % LINKS_A_BUILD;
    const build = builds[Math.floor(slot / LINKS_A_BUILD) - step * apart];
    const due = start + (slot * 1_000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    if (build) posts.push(post(service, build, step, due));
  }
  await Promise.all(posts);
  const waiting = () => builds.filter(({ passed, refused }) => passed === 0 && refused === undefined);
  const end = performance.now() + PATIENCE_MS;
  while (waiting().length > 0 && performance.now() < end) {
    await sleep(500);
    for (const build of waiting()) await ask(service, queryUrl, build);
  }
  listener.off('notification', told);
  return builds;
}

async function post(service: ReadyService, build: Build, step: number, due: number): Promise<void> {
  const isLast = step === LINKS_A_BUILD - 1;
  if (isLast) build.due = due;
  const subject = step === 0 ? `&subject=${build.digest}` : '';
  const path = `/links?run=${encodeURIComponent(build.run)}${subject}`;
  const { status } = await call(service, 'POST', path, build.links[step]);
  if (status !== 201) build.refused = status;
  else if (isLast) build.acknowledged = performance.now();
}

async function ask({ authorization }: ReadyService, url: string, build: Build): Promise<void> {
  const { body } = await call({ url, authorization }, 'GET', `/verdicts/${build.digest}`);
  if (body.includes('"verdict":"pass"')) build.passed ||= performance.now();
}

/** Status 0 is no answer: the connection was refused or reset, or nothing came for half a minute. */
export function call(
  { url, authorization }: Pick<ReadyService, 'url' | 'authorization'>,
  method: string,
  path: string,
  body?: Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const none = () => resolve({ status: 0, body: '' });
    const headers = { authorization, ...(body ? { 'content-type': 'application/json' } : {}) };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const sent = request(`${url}${path}`, { method, agent: connections, headers, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', none);
    });
    sent.on('error', none);
    sent.end(body);
  });
}
