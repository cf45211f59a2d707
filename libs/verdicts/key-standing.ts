import { unregistered } from '#key-lifecycle/key-record.js';
import { type KeyRefusal, type Standing, signatureCounts } from '#key-lifecycle/signature-counts.js';
import { lifecyclePolicy } from '#persistence/chains/chain-settings.js';
import type { SubjectState } from '#persistence/verdicts/current-verdict.js';
import { SERVICE_FINDINGS, type ServiceFindingCode } from '#persistence/verdicts/service-findings.js';
import type { MetSignature } from '#persistence/verdicts/verdict-basis.js';
import type { FindingBody } from '#persistence/verdicts/verdict-body.js';

export interface KeyStanding {
  /** Why a stored pass allows nothing any more. Empty: every signature stands as it did when the verdict was found. */
  readonly denials: readonly FindingBody[];
  /** What a pass that still allows has come to rely on. */
  readonly warnings: readonly FindingBody[];
}

/**
 * Does a stored pass still stand by the key register as it is now? The verdict has every signature that may decide it, with
 * how it stood then. While all stand alike the outcome is what a verification would find now; any other may be wrong, be it
 * that a link is lost or that one comes back which contradicts the rest, and a replay must say.
 */
export function keyStanding(state: SubjectState): KeyStanding {
  const reliesOn = state.verdict?.reliesOn;
  if (!reliesOn) {
    return { denials: state.limitsKeys ? [keyFinding('KEYS_UNKNOWN')] : [], warnings: [] };
  }
  const policy = lifecyclePolicy(state.settings);
  const signatures = reliesOn.map((met) => {
    const record = state.keys.get(met.fingerprint) ?? unregistered(met.fingerprint);
    return { met, owner: record.owner, now: signatureCounts(record, new Date(met.receivedAt), policy) };
  });
  const denials = signatures.flatMap(({ met, now }) => denialOf(met, now) ?? []);
  const warnings = signatures
    .filter(({ met, now }) => met.standing === 'counted' && now.counts && now.grandfathered)
    .map(({ met }) => keyFinding('GRANDFATHERED', met));
  const moved = keyOfOtherOwner(signatures);
  return {
    denials: distinct(moved ? [...denials, keyFinding('KEY_OWNER_CHANGED', moved)] : denials),
    warnings: distinct(warnings),
  };
}

function denialOf(met: MetSignature, now: Standing): FindingBody | undefined {
  if (now.counts) {
    return met.standing === 'refused' ? keyFinding('KEY_RESTORED', met) : undefined;
  }
  return met.standing === 'refused' ? undefined : keyFinding(now.code, met);
}

/** Keys that had one owner and now have two, or the other way round. Calling an owner otherwise is neither. */
function keyOfOtherOwner(
  signatures: readonly { readonly met: MetSignature; readonly owner: string }[],
): MetSignature | undefined {
  const ownerNow = new Map(signatures.map(({ met, owner }) => [met.owner, owner]));
  const ownerThen = new Map(signatures.map(({ met, owner }) => [owner, met.owner]));
  return signatures.find(
    ({ met, owner }) => ownerNow.get(met.owner) !== owner || ownerThen.get(owner) !== met.owner,
  )?.met;
}

type KeyFindingCode = Extract<
  ServiceFindingCode,
  KeyRefusal | 'KEY_RESTORED' | 'KEY_OWNER_CHANGED' | 'KEYS_UNKNOWN' | 'GRANDFATHERED'
>;

function keyFinding(code: KeyFindingCode, met?: MetSignature): FindingBody {
  const about = met && { fingerprint: met.fingerprint, role: met.role, receivedAt: met.receivedAt };
  const severity = code === 'GRANDFATHERED' ? 'warning' : 'error';
  return { code, severity, message: SERVICE_FINDINGS[code], fix: fixes[code] ?? REPLAY, ...about };
}

const REPLAY =
  'Plan a replay of the key (POST /replays): it finds out what the evidence is worth now. Where it is not enough, perform the step again with a good key.';

const fixes: Partial<Record<KeyFindingCode, string>> = {
  KEY_SUSPENDED:
    'Wait until an operator lifts the suspension, or plan a replay of the key (POST /replays) to do without its signatures.',
  KEYS_UNKNOWN: 'Plan a replay of the chain (POST /replays).',
  GRANDFATHERED:
    'Perform the step again with a new key: that the signature is older than the compromise, only this service says.',
};

function distinct(findings: readonly FindingBody[]): FindingBody[] {
  return [...new Map(findings.map((item) => [`${item.code} ${String(item.fingerprint)}`, item])).values()];
}
