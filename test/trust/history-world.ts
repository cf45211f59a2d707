import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { inTransaction } from '#persistence/transaction.js';
import { describeKey } from '#persistence/trust/describe-key.js';
import { recordKeyChange } from '#persistence/trust/record-key-change.js';
import { currentGrounds } from '#persistence/verdicts/insert-verdict.js';
import { VerdictService } from '#verdicts/verdict-service.js';
import { VerificationService } from '#verification/verification-service.js';
import { expectStatus } from '../support/client.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import type { Service } from '../support/service.js';
import {
  createKey,
  layout,
  link,
  type SigningKey,
  sha256Hex,
  signMetablock,
} from '../support/supply-chain.js';
import { signRoot } from '../support/trust-root.js';
import type { Act, Person, When } from './history-acts.js';

const BY = { actor: 'token-of-eve', reason: 'a random history' };
const HOUR = 3_600_000;
const src = { 'app.c': 'int main' };
const PATIENCE = 30_000;

/** One chain to which random things happen, and what a verification from scratch says of its image after each. */
export class HistoryWorld {
  readonly digest: string;
  private readonly subject: Buffer;
  private readonly people: Readonly<Record<Person, SigningKey>>;
  /** Moments between the acts, to which later acts may refer. */
  private readonly moments: Date[] = [];
  private readonly changes = new Map<Person, string[]>();
  private chainId = 0;
  private layouts = 0;
  private roots = 1;

  constructor(
    readonly service: Service,
    readonly chain: string,
  ) {
    this.digest = `sha256:${sha256Hex(`image of ${chain}`)}`;
    this.subject = Buffer.from(this.digest.slice(7), 'hex');
    const person = (name: Person) => createKey('ed25519', { seed: `${chain} ${name}` });
    this.people = {
      alice: person('alice'),
      bob: person('bob'),
      carol: person('carol'),
      olga: person('olga'),
      otto: person('otto'),
    };
  }

  private get source(): DataSource {
    return this.service.app.get(DataSource);
  }

  async found(): Promise<void> {
    const { operator } = this.service;
    const ownerKeys = [this.people.olga.publicKey, this.people.otto.publicKey];
    expectStatus(await operator.post('/chains', { name: this.chain, ownerKeys, ownerThreshold: 1 }), 201);
    const [row] = await this.service.query<{ id: number }>('select id from chain where name = $1', [
      this.chain,
    ]);
    this.chainId = row?.id ?? 0;
    await this.do({ what: 'layout', threshold: 1, signedBy: ['olga', 'otto'] });
  }

  /** Whether the act changed trust alone: then every answer must know at once. */
  async do(act: Act): Promise<{ onlyTrust: boolean }> {
    this.moments.push(await this.moment());
    switch (act.what) {
      case 'link':
        await this.postLink(act);
        return { onlyTrust: false };
      case 'layout':
        await this.postLayout(act);
        return { onlyTrust: true };
      case 'root':
        await this.postRoot(act);
        return { onlyTrust: true };
      case 'settings':
        await this.setSettings(act);
        return { onlyTrust: true };
      case 'describe':
        await this.describe(act);
        return { onlyTrust: true };
      case 'change':
        await this.change(act);
        return { onlyTrust: true };
    }
  }

  /** A time at which nothing happens. */
  async moment(): Promise<Date> {
    await sleep(2);
    const now = new Date();
    await sleep(2);
    return now;
  }

  /** What a gate is told now, and whether a verification from scratch with the trust of now allows it. */
  async compare(): Promise<{ allowed: boolean; deserved: boolean; why: string }> {
    const chain = { id: this.chainId, name: this.chain };
    const answer = await this.service.app
      .get(VerdictService)
      .find(chain, this.subject, new Date())
      .catch(() => undefined);
    const scratch = await this.fromScratch();
    const codes = scratch?.body.findings.map(({ code }) => code).join(' ');
    return { allowed: answer?.allowed === true, deserved: scratch?.outcome === 'pass', why: `${codes}` };
  }

  /** What a report of that time says now: whether the image was allowed. */
  async wasAllowed(asOf: Date): Promise<boolean> {
    const chain = { id: this.chainId, name: this.chain };
    const report = this.service.app.get(VerdictService).report(chain, this.subject, asOf, new Date());
    return report.then(
      ({ wasAllowed }) => wasAllowed,
      () => false,
    );
  }

  fromScratch() {
    return this.service.app.get(VerificationService).find(this.chainId, this.subject, new Date());
  }

  current() {
    return currentGrounds(this.source, { chainId: this.chainId, subject: this.subject });
  }

  /** Until nothing is left to verify. */
  async settle(): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const left = await this.service.query('select from verification_mark where chain_id = $1', [
        this.chainId,
      ]);
      if (left.length === 0) return;
      if (Date.now() > deadline) throw new Error(`${this.chain} is never verified`);
      await sleep(5);
    }
  }

  /** Every key that was limited or described is replayed, as docs/trust.md tells operators to. */
  async replayKeys(): Promise<void> {
    const events = await this.service.query<{ key: string }>(
      `select distinct encode(fingerprint, 'hex') as key from trust_event
        where chain_id = $1 and fingerprint is not null and kind <> 'key-registered'`,
      [this.chainId],
    );
    for (const { key } of events) await this.replay({ chain: this.chain, key });
  }

  private async replay(filter: object): Promise<void> {
    const { operator } = this.service;
    const reason = 'a key changed';
    const { body } = expectStatus(await operator.post('/replays', { filter, reason }), 201);
    const plan = await this.untilReplay(String(body.id), 'ready');
    if (plan.needsApproval) {
      const second = operator.as(await operator.createToken(['operate']));
      expectStatus(await second.post(`/replays/${body.id}/approve`, { reason }), 200);
    }
    const order = { planDigest: plan.planDigest, reason };
    expectStatus(await operator.post(`/replays/${body.id}/apply`, order), 202);
    await this.untilReplay(String(body.id), 'applied');
  }

  private async untilReplay(id: string, state: string): Promise<Record<string, unknown>> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const { body } = expectStatus(await this.service.operator.get(`/replays/${id}`), 200);
      if (body.state === state) return body;
      if (Date.now() > deadline) throw new Error(`replay ${id} is never ${state}: ${JSON.stringify(body)}`);
      await sleep(10);
    }
  }

  private async postLink({ step, by, run, sound }: Extract<Act, { what: 'link' }>): Promise<void> {
    const image = { 'image.tar': `image of ${this.chain}` };
    const story =
      step === 'build'
        ? { products: sound ? src : { 'app.c': 'int evil' } }
        : { materials: src, products: image };
    const signers = by.map((name) => this.people[name]);
    const file = signMetablock(link(step, story), signers);
    const circumstances = { chain: this.chain, ...(run ? { run, subject: this.digest } : {}) };
    const reply = await this.service.operator.postLink(file, circumstances);
    if (reply.status >= 300) throw new Error(`not taken: ${reply.bytes}`);
    await this.service.operator.verdict(this.digest, this.chain);
  }

  private async postLayout({ threshold, signedBy }: Extract<Act, { what: 'layout' }>): Promise<void> {
    const { alice, bob, carol } = this.people;
    this.layouts += 1;
    const policy = layout({ readme: `layout ${this.layouts}` })
      .step('build', { by: [alice, bob, carol], threshold, products: ['CREATE app.c', 'DISALLOW *'] })
      .step('pack', {
        by: [bob, carol],
        materials: ['MATCH app.c WITH PRODUCTS FROM build', 'DISALLOW *'],
        products: ['CREATE image.tar', 'DISALLOW *'],
      });
    const owners = signedBy.map((name) => this.people[name]);
    // Refused when none of the owners' keys is good: then nothing changes.
    await this.service.operator.postLayout(this.chain, signMetablock(policy.toPayload(), owners));
  }

  private async postRoot({ owners, ofOne, threshold }: Extract<Act, { what: 'root' }>): Promise<void> {
    const story = {
      chain: this.chain,
      version: this.roots + 1,
      threshold,
      owners: owners.map((name) => [ofOne ? 'family' : name, this.people[name]] as const),
    };
    const { olga, otto } = this.people;
    const query = new URLSearchParams({ chain: this.chain, reason: 'a random history' });
    // Refused when those who sign do not count, or cannot reach the threshold: then nothing changes.
    const reply = await this.service.operator.post(`/roots?${query}`, signRoot(story, olga, otto));
    if (reply.status === 201) this.roots += 1;
  }

  private async setSettings({ settings }: Extract<Act, { what: 'settings' }>): Promise<void> {
    const path = `/chains/settings?chain=${this.chain}`;
    const body = JSON.stringify(settings);
    expectStatus(await this.service.operator.call(path, { method: 'PUT', body }), 200);
  }

  private async describe({
    key,
    owner,
    notBefore,
    notAfter,
  }: Extract<Act, { what: 'describe' }>): Promise<void> {
    const said = {
      ...(owner === undefined ? {} : { owner }),
      ...(notBefore === undefined ? {} : { notBefore: this.timeOf(notBefore) ?? null }),
      ...(notAfter === undefined ? {} : { notAfter: this.timeOf(notAfter) ?? null }),
    };
    await inTransaction(this.source, (tx) => describeKey(tx, this.chainId, this.printOf(key), said, BY));
  }

  private async change({ key, kind, when }: Extract<Act, { what: 'change' }>): Promise<void> {
    const changes = this.changes.get(key) ?? [];
    const undoes = changes.at(-1);
    if (kind === 'undone' && undoes === undefined) return;
    const at = this.timeOf(when);
    const change =
      kind === 'retired'
        ? { kind, effective: at ?? new Date() }
        : kind === 'compromised'
          ? { kind, since: at }
          : kind === 'undone'
            ? { kind, undoes: undoes ?? '' }
            : { kind };
    const { seq } = await inTransaction(this.source, (tx) =>
      recordKeyChange(tx, this.chainId, this.printOf(key), change, BY),
    );
    this.changes.set(key, kind === 'undone' ? changes.slice(0, -1) : [...changes, seq]);
  }

  private timeOf(when: When): Date | undefined {
    switch (when) {
      case 'never':
        return undefined;
      case 'long ago':
        return new Date(Date.now() - HOUR);
      case 'far ahead':
        return new Date(Date.now() + HOUR);
      default:
        return this.moments[when % this.moments.length];
    }
  }

  private printOf(name: Person): Buffer {
    return Buffer.from(keyFingerprint(this.people[name]), 'hex');
  }
}
