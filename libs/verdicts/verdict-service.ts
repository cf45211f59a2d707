import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChainName } from '#persistence/chains/visible-chain.js';
import { holdChainForSubject } from '#persistence/subjects/chain-lock.js';
import { isAnchored, makeKnown } from '#persistence/subjects/known-subjects.js';
import { markSubjects } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { type SubjectState, subjectState } from '#persistence/verdicts/current-verdict.js';
import { Problem } from '#platform/problems.js';
import { type Answer, answerOf } from './answer.js';

/** Says what is known of a digest. */
@Injectable()
export class VerdictService {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** The answer for a digest in a chain; a Problem when no link of the chain speaks of it. */
  async find(chain: ChainName, subject: Buffer, at: Date): Promise<Answer> {
    const state =
      (await subjectState(this.source, chain.id, subject)) ?? (await this.firstAsked(chain, subject));
    if (!state) {
      throw new Problem('SUBJECT_UNKNOWN', { retryAfter: 5 });
    }
    return answerOf(chain.name, subject, state, at);
  }

  /** Which of these chains may have something to say about the digest? */
  async chainsThatKnow(subject: Buffer): Promise<ChainName[]> {
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

  /**
   * The first question about a digest makes it known, if a link speaks of it: a digest file's hash cannot be inverted,
   * so until somebody names the digest nothing can be verified. Later links of its runs keep the verdict up to date.
   */
  private async firstAsked(chain: ChainName, subject: Buffer): Promise<SubjectState | undefined> {
    if (!(await isAnchored(this.source, chain.id, subject))) {
      return undefined;
    }
    await inTransaction(this.source, async (tx) => {
      await holdChainForSubject(tx, chain.id);
      await makeKnown(tx, chain.id, [subject]);
      await markSubjects(tx, chain.id, [subject]);
    });
    return subjectState(this.source, chain.id, subject);
  }
}
