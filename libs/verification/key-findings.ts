import type { FindingBody } from '#persistence/verdicts/verdict-body.js';
import { finding } from './findings.js';
import type { UsedLink } from './judge-directory.js';
import type { JudgedSignature } from './met-signatures.js';

/** Owners whose valid signature on the layout does not count. */
export function refusedOwners(signed: readonly JudgedSignature[]): FindingBody[] {
  return signed.flatMap((signature) =>
    signature.refusal ? [finding(signature.refusal, { ...about(signature), fix: SIGN_AGAIN })] : [],
  );
}

const SIGN_AGAIN = 'Have an owner whose key is good sign the layout, and post it.';

export function grandfatheredOwners(signed: readonly JudgedSignature[]): FindingBody[] {
  return signed.filter(isGrandfathered).map((signature) => finding('GRANDFATHERED', about(signature)));
}

export function grandfatheredLinks(used: readonly UsedLink[], run: string | null): FindingBody[] {
  return used
    .filter(({ signature }) => isGrandfathered(signature))
    .map(({ step, link, signature }) =>
      finding('GRANDFATHERED', { run, step, link: link.id, ...about(signature) }),
    );
}

function isGrandfathered({ met }: JudgedSignature): boolean {
  return met.standing === 'grandfathered';
}

function about({ key, met }: JudgedSignature) {
  const { role, fingerprint, receivedAt } = met;
  return { role, keyid: key.keyid, fingerprint, receivedAt };
}
