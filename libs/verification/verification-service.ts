import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Mark } from '#persistence/subjects/marks.js';
import { inTransaction } from '#persistence/transaction.js';
import { type StoreResult, storeVerdict } from '#persistence/verdicts/store-verdict.js';
import { EvidenceReader } from './evidence-reader.js';
import { type Inputs, type Judgement, judge } from './judge.js';

/** Part of every verdict's inputs: raised when the same evidence may be judged differently. */
export const ENGINE_VERSION = 1;

/** Verifies one marked subject and stores what comes out. */
@Injectable()
export class VerificationService {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly evidence: EvidenceReader,
  ) {}

  async verify(mark: Mark, at: Date): Promise<StoreResult> {
    const inputs = await this.evidence.gather(mark.chainId, mark.subject);
    if (!inputs) {
      return 'outdated';
    }
    const judgement = judge(inputs, at);
    return inTransaction(this.source, (tx) =>
      storeVerdict(tx, mark, {
        outcome: judgement.outcome,
        body: judgement.body,
        layoutId: inputs.layout ? Buffer.from(inputs.layout.id, 'hex') : null,
        inputsDigest: digestOf(inputs, judgement),
        evaluatedAt: at,
        validUntil: judgement.validUntil,
      }),
    );
  }
}

/**
 * Equal exactly when the verdict follows from the same things: layout, owners, links by run, engine, and the outcome,
 * which may change with time alone.
 */
function digestOf(inputs: Inputs, judgement: Judgement): Buffer {
  const described = JSON.stringify([
    ENGINE_VERSION,
    inputs.subject.toString('hex'),
    inputs.layout?.id ?? null,
    inputs.owners.threshold,
    inputs.owners.keys.map((key) => key.raw),
    inputs.runs.map(({ run, links }) => [run, links.map((link) => link.id)]),
    judgement.outcome,
    judgement.validUntil?.toISOString() ?? null,
  ]);
  return createHash('sha256').update(described).digest();
}
