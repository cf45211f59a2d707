import { createHash } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { chainTrust } from '#persistence/chains/chain-trust.js';
import { releaseMarks } from '#persistence/subjects/claim-marks.js';
import type { Mark } from '#persistence/subjects/marks.js';
import { watchedBy } from '#persistence/subjects/watched-by.js';
import { inTransaction } from '#persistence/transaction.js';
import { boundBody, boundExplanation, fitsVerdict } from '#persistence/verdicts/bounded-verdict.js';
import {
  type NewVerdict,
  type StoreResult,
  storeFailure,
  storeVerdict,
} from '#persistence/verdicts/store-verdict.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import { OutageError } from '#platform/outage.js';
import { ENGINE_VERSION } from './engine-version.js';
import type { Build, Inputs } from './evidence.js';
import { TooMuchEvidence } from './evidence-budget.js';
import { EvidenceReader, type Gathered, type Question, withLayout } from './evidence-reader.js';
import { finding } from './findings.js';
import { judge } from './judge.js';
import type { Judgement } from './judgement.js';
import { undecided } from './undecided.js';
import { ThreadBusy, VerificationThread } from './verification-thread.js';

/** After this time a part that was away is tried again. */
const OUTAGE_SECONDS = 5;
/** The same of the thread for large evidence. */
const BUSY_SECONDS = 1;

/** Verifies one marked subject and stores what comes out. */
@Injectable()
export class VerificationService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly evidence: EvidenceReader,
    @Optional() private readonly thread?: VerificationThread,
  ) {}

  /** A part that is needed is away, or has others to serve: the mark is left to a later time. */
  postpone(mark: Mark, error: unknown): Promise<void> {
    return releaseMarks(this.source, [mark], error instanceof ThreadBusy ? BUSY_SECONDS : OUTAGE_SECONDS);
  }

  /** They are not looked at here any more: another worker may have them at once. */
  handBack(marks: readonly Mark[]): Promise<void> {
    return releaseMarks(this.source, marks);
  }

  /** Where it fails, the digest is pending from then on, whatever was found of it before, and the error is thrown. */
  async verify(mark: Mark, at: Date): Promise<StoreResult> {
    try {
      return await this.verifyNow(mark, at);
    } catch (reason) {
      const error = (await this.isLateByItself(reason))
        ? new Error('it took too long', { cause: reason })
        : reason;
      if (!isPutOff(error)) {
        await this.recordFailure(mark, at);
      }
      throw error;
    }
  }

  /** A statement came to no end in time, and it is not that the database is away: it will take as long again. */
  private async isLateByItself(error: unknown): Promise<boolean> {
    const answers = (): Promise<boolean> =>
      this.source.query('select 1').then(
        () => true,
        () => false,
      );
    return error instanceof OutageError && error.isLate && answers();
  }

  private async verifyNow(mark: Mark, at: Date): Promise<StoreResult> {
    // Where there is much to do, claims run out before their jobs begin. What was done meanwhile must not be done again.
    const verdict = await this.find(mark.chainId, mark.subject, at, { onlyFor: mark });
    return verdict ? inTransaction(this.source, (tx) => storeVerdict(tx, mark, verdict)) : 'outdated';
  }

  private async recordFailure(mark: Mark, at: Date): Promise<void> {
    const trust = await chainTrust(this.source, mark.chainId, mark);
    if (trust) {
      const verdict = undecided('VERIFICATION_FAILED', mark.subject, trust, [], at);
      await inTransaction(this.source, (tx) => storeFailure(tx, mark, verdict));
    }
  }

  /**
   * The verdict that follows from what is there now, by the layout in force or by another one that is given. Undefined
   * when the chain does not exist any more, or nobody needs it: see `Question`.
   */
  async find(
    chainId: number,
    subject: Buffer,
    at: Date,
    question: Question = {},
  ): Promise<NewVerdict | undefined> {
    if (this.thread?.knows(chainId, subject)) {
      return this.findInThread(this.thread, chainId, subject, at, question);
    }
    try {
      return await this.findHere(chainId, subject, at, question);
    } catch (error) {
      if (!(error instanceof TooMuchEvidence && this.thread)) {
        throw error;
      }
      return this.findInThread(this.thread, chainId, subject, at, question);
    }
  }

  private async findInThread(
    thread: VerificationThread,
    chainId: number,
    subject: Buffer,
    at: Date,
    question: Question,
  ): Promise<NewVerdict | undefined> {
    try {
      return await thread.find(chainId, subject, at, question);
    } catch (error) {
      if (!(error instanceof TooMuchEvidence)) {
        throw error;
      }
      const trust = await chainTrust(this.source, chainId, question.onlyFor);
      if (!trust) {
        return undefined;
      }
      const watch = await watchedBy(this.source, chainId, subject);
      const activeLayout = question.hypotheticalLayout
        ? withLayout(trust, question.hypotheticalLayout, at).activeLayout
        : trust.activeLayout;
      return undecided('EVIDENCE_TOO_LARGE', subject, { ...trust, activeLayout }, watch, at);
    }
  }

  private async findHere(
    chainId: number,
    subject: Buffer,
    at: Date,
    question: Question,
  ): Promise<NewVerdict | undefined> {
    const gathered = await this.evidence.gather(chainId, subject, at, question);
    if (!gathered) {
      return undefined;
    }
    const { inputs, basis, watch } = gathered;
    const judgement = judge(inputs, at, this.evidence.limits.ruleWork);
    return {
      ...boundedVerdict(judgement),
      layoutId: inputs.layout ? Buffer.from(inputs.layout.id, 'hex') : null,
      inputsDigest: digestOf(inputs, judgement, basis),
      basis: { engine: ENGINE_VERSION, ...basis },
      evaluatedAt: at,
      validUntil: judgement.validUntil,
      watch: watch.map((digest) => Buffer.from(digest, 'hex')),
    };
  }
}

/** Nothing is wrong with what is to be verified: it comes back in a while, as if it had not been tried. */
export function isPutOff(error: unknown): boolean {
  return error instanceof OutageError || error instanceof ThreadBusy;
}

/** Within what a verdict may hold. What it is decided by is never cut: without all of that there is none. */
function boundedVerdict({ outcome, body, explanation, reliesOn }: Judgement) {
  const bounded = boundBody(body);
  const told = boundExplanation(explanation);
  if (bounded && fitsVerdict(reliesOn)) {
    return { outcome, body: bounded, explanation: told, reliesOn };
  }
  const findings = [finding('VERDICT_TOO_LARGE', {})];
  const undecided = { layout: body.layout, findings, missing: [], evidence: [] };
  return { outcome: 'pending' as const, body: undecided, explanation: told, reliesOn: [] };
}

/**
 * Equal exactly when the verdict follows from the same things: layout, owners, settings, links, how their signatures stand
 * by the key register, engine, and the outcome, which may change with time alone.
 */
function digestOf(inputs: Inputs, judgement: Judgement, { settings, owners }: Gathered['basis']): Buffer {
  const described = JSON.stringify([
    ENGINE_VERSION,
    describe(inputs),
    describeSignatures(judgement.reliesOn),
    // A row tells by these whether the rules are still those by which it was found.
    [settings, owners],
    judgement.outcome,
    judgement.validUntil?.toISOString() ?? null,
  ]);
  return createHash('sha256').update(described).digest();
}

function describe(inputs: Inputs): unknown[] {
  return [
    inputs.subject.toString('hex'),
    inputs.layout?.id ?? null,
    inputs.settings,
    inputs.owners.threshold,
    inputs.owners.keys.map((key) => key.raw),
    inputs.anchors.map(({ digest, via }) => [via, digest.toString('hex')]),
    inputs.builds.map(describeBuild),
    inputs.manifests.map(describe),
    inputs.manifestsLimited,
  ];
}

/** Who holds a key matters as far as others do not: calling an owner otherwise changes nothing. */
function describeSignatures(signatures: readonly MetSignature[]): unknown[] {
  const owners = [...new Set(signatures.map(({ owner }) => owner))];
  return signatures.map(({ fingerprint, role, receivedAt, owner, standing }) => [
    role,
    fingerprint,
    receivedAt,
    owners.indexOf(owner),
    standing,
  ]);
}

function describeBuild({
  run,
  directories,
  earlier,
  displaced,
  rejected,
  conflicts,
  untied,
  limited,
}: Build): unknown[] {
  return [
    run,
    directories.map((files) => [...files].map(([name, { id }]) => [name, id])),
    earlier.map((files) => [...files].map(([name, { id }]) => [name, id])),
    displaced.map(({ id }) => id),
    rejected.map(({ id, reason }) => [id, reason]),
    conflicts,
    untied,
    limited,
  ];
}
