import { hash } from 'node:crypto';
import type { ChainTrust } from '#persistence/chains/chain-trust.js';
import type { NewVerdict } from '#persistence/verdicts/store-verdict.js';
import { ENGINE_VERSION } from './engine-version.js';
import { finding } from './findings.js';

/** Why a verification came to no end: more evidence than one may hold in memory, or a failure. */
export type Undecided = 'EVIDENCE_TOO_LARGE' | 'VERIFICATION_FAILED';

/**
 * What is stored in the place of a verdict that could not be found, so that an older one is not answered any more. Its
 * inputs are told apart by what the chain trusts alone: the next verification that comes to an end differs from it.
 */
export function undecided(
  code: Undecided,
  subject: Buffer,
  { activeLayout, epoch, rules }: ChainTrust,
  watch: readonly Buffer[],
  at: Date,
): NewVerdict {
  const layoutId = activeLayout?.id ?? null;
  const inputs = [code, ENGINE_VERSION, subject.toString('hex'), layoutId?.toString('hex') ?? null, rules];
  return {
    outcome: 'pending',
    body: { layout: null, findings: [finding(code, {})], missing: [], evidence: [] },
    explanation: { steps: [], builds: [], manifests: [] },
    layoutId,
    inputsDigest: Buffer.from(hash('sha256', JSON.stringify(inputs), 'hex'), 'hex'),
    reliesOn: [],
    basis: { engine: ENGINE_VERSION, epoch, ...rules },
    evaluatedAt: at,
    validUntil: null,
    watch,
  };
}
