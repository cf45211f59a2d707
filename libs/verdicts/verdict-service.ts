import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ChainName, visibleChain } from '#persistence/chains/visible-chain.js';
import { holdChainForSubject } from '#persistence/subjects/chain-lock.js';
import { isAnchored, makeKnown } from '#persistence/subjects/known-subjects.js';
import { hastenMark, markSubjects } from '#persistence/subjects/marks.js';
import { SERVICE } from '#persistence/subjects/turns.js';
import { inTurn, turnForSubjects } from '#persistence/turn.js';
import { boundFindings } from '#persistence/verdicts/bounded-findings.js';
import { boundExplanation, DENIALS_BYTES } from '#persistence/verdicts/bounded-verdict.js';
import {
  currentExplanation,
  type SubjectState,
  subjectState,
} from '#persistence/verdicts/current-verdict.js';
import type { Explanation } from '#persistence/verdicts/explanation.js';
import { subjectStateAsOf } from '#persistence/verdicts/state-as-of.js';
import type { FindingBody } from '#persistence/verdicts/verdict-body.js';
import type { Principal } from '#platform/access.js';
import { Problem } from '#platform/problems.js';
import { type Answer, answerOf, isBeingVerified } from './answer.js';
import { keyStanding } from './key-standing.js';

export interface ExplainedVerdict extends Explanation {
  readonly digest: string;
  readonly chain: string;
  readonly verdict: Answer['verdict'];
  readonly evaluatedAt: string | null;
  /** Why the verdict allows nothing any more, although it was a pass when it was found: as `findings` of the answer. */
  readonly denials: readonly FindingBody[];
}

/** `allowed` is missing on purpose: a gate that was given a time by mistake finds nothing to open for. */
export interface Report extends Omit<Answer, 'allowed'> {
  readonly asOf: string;
  readonly wasAllowed: boolean;
}

/** Says what is known of a digest. */
@Injectable()
export class VerdictService {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** The answer to a principal (by its name) for a digest in a chain; a Problem when no link of the chain speaks of it. */
  async find(chain: ChainName, subject: Buffer, at: Date, principal = SERVICE): Promise<Answer> {
    const answer = answerOf(chain.name, subject, await this.stateOf(chain, subject, principal), at);
    if (isBeingVerified(answer)) {
      await hastenMark(this.source, chain.id, subject, principal);
    }
    return answer;
  }

  /** How the verdict came about. Undefined fields of a verdict that is still to come are empty. */
  async explain(chain: ChainName, subject: Buffer, at: Date, principal = SERVICE): Promise<ExplainedVerdict> {
    const state = await this.stateOf(chain, subject, principal);
    const answer = answerOf(chain.name, subject, state, at);
    const current = await currentExplanation(this.source, chain.id, subject);
    const explanation = current?.explanation ?? { steps: [], builds: [], manifests: [] };
    const denials = state.verdict?.outcome === 'pass' ? keyStanding(state).denials : [];
    return {
      digest: answer.digest,
      chain: chain.name,
      verdict: answer.verdict,
      evaluatedAt: answer.evaluatedAt,
      denials: boundFindings(denials, DENIALS_BYTES),
      ...boundExplanation(explanation),
    };
  }

  /** A token for every chain may ask without naming one, as long as only one chain knows the digest. */
  async chainOf(caller: Principal, requested: string | undefined, subject: Buffer): Promise<ChainName> {
    if (caller.chain || requested !== undefined) {
      return visibleChain(this.source, caller, requested);
    }
    const [chain, ...others] = await this.chainsThatKnow(subject);
    if (!chain) {
      throw new Problem('SUBJECT_UNKNOWN', { retryAfter: 5 });
    }
    if (others.length > 0) {
      const names = [chain, ...others].map(({ name }) => name).join(', ');
      throw new Problem('CHAIN_REQUIRED', {
        detail: `Several supply chains know this digest: ${names}. Add ?chain=NAME.`,
      });
    }
    return chain;
  }

  /** A report of the past: what was known and counted then. It allows nothing. */
  async report(chain: ChainName, subject: Buffer, asOf: Date, now: Date): Promise<Report> {
    if (asOf > now) {
      throw new Problem('QUERY_INVALID', { errors: [{ path: 'asOf', message: 'is in the future' }] });
    }
    const state = await subjectStateAsOf(this.source, chain.id, subject, asOf);
    if (!state) {
      throw new Problem('SUBJECT_UNKNOWN', {
        detail: `No digest was known as this by ${asOf.toISOString()}.`,
      });
    }
    const { allowed, ...answer } = answerOf(chain.name, subject, state, asOf);
    return { ...answer, asOf: asOf.toISOString(), wasAllowed: allowed };
  }

  async knows(chainId: number, subject: Buffer): Promise<boolean> {
    return (await subjectState(this.source, chainId, subject)) !== undefined;
  }

  /** Which of these chains may have something to say about the digest? */
  private async chainsThatKnow(subject: Buffer): Promise<ChainName[]> {
    const chains = await this.source.query<ChainName[]>('select id, name from chain order by name');
    const known: ChainName[] = [];
    for (const chain of chains) {
      if (
        (await subjectState(this.source, chain.id, subject)) ||
        (await isAnchored(this.source, chain.id, subject))
      ) {
        known.push(chain);
      }
    }
    return known;
  }

  private async stateOf(chain: ChainName, subject: Buffer, principal: string): Promise<SubjectState> {
    const state =
      (await subjectState(this.source, chain.id, subject)) ??
      (await this.firstAsked(chain, subject, principal));
    if (!state) {
      throw new Problem('SUBJECT_UNKNOWN', { retryAfter: 5 });
    }
    return state;
  }

  /**
   * The first question about a digest makes it known, if a link speaks of it: a digest file's hash cannot be inverted,
   * so until somebody names the digest nothing can be verified. Later links of its runs keep the verdict up to date.
   */
  private async firstAsked(
    chain: ChainName,
    subject: Buffer,
    principal: string,
  ): Promise<SubjectState | undefined> {
    if (!(await isAnchored(this.source, chain.id, subject))) {
      return undefined;
    }
    await inTurn(this.source, turnForSubjects(chain.id, principal), async (tx) => {
      await holdChainForSubject(tx, chain.id);
      await makeKnown(tx, chain.id, [subject]);
      await markSubjects(tx, chain.id, [subject], principal);
    });
    return subjectState(this.source, chain.id, subject);
  }
}
