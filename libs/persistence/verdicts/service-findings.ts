/**
 * What the service finds beside in-toto's own verification (the codes of `#in-toto`): which links it took for evidence,
 * and what the chain decided about them. Codes are the contract.
 */
export const SERVICE_FINDINGS = {
  LAYOUT_MISSING: 'The supply chain has no layout yet.',
  LAYOUT_NOT_SIGNED_BY_OWNERS: 'The layout in force is not validly signed by enough owners.',
  LAYOUT_CHANGED: 'Another layout came into force; the digest is being verified again.',
  RULES_CHANGED:
    'The settings or the owners of the supply chain changed; the digest is being verified again.',
  LAYOUT_EXPIRED: 'The layout has expired, and with it what was verified by it.',
  VERIFICATION_QUEUED: 'The links that speak of the digest are being verified.',
  EVIDENCE_NOT_LOOKED_AT:
    'Links that may change what is allowed came after the digest passed, and were not looked at yet.',
  VERIFICATION_FAILED:
    'Verifying the digest failed. What was found before it is not answered any more; it is tried again.',
  EVIDENCE_TOO_LARGE:
    'The links that speak of the digest are larger than one verification may hold in memory.',
  VERDICT_TOO_LARGE:
    'What the verdict is decided by, missing steps or signatures, is more than a verdict may hold.',
  MORE_FINDINGS: 'There are further findings, which are left out for their length.',

  SUBJECT_NOT_ANCHORED: 'No link that counts has the digest among its products.',
  SUBJECT_NOT_PROVEN:
    'A build satisfies the layout, but none of its steps has the digest among its products.',
  COVERED_BY_IMAGE:
    'The digest is anchored through the image index that lists it, or the config that it names.',
  NO_EVIDENCE: 'No link that speaks of the digest counts as evidence.',

  LINK_NOT_A_STEP: 'A link is named as no step of the layout.',
  LINK_KEY_NOT_AUTHORIZED: 'A link does not count: nobody who signed it may sign its step.',
  LINK_FORGED: 'A link does not count: no signature by a functionary of its step is valid for its content.',
  LINK_OF_OTHER_CHAIN: 'A link does not count: it says that it was recorded for another supply chain.',
  LINK_TOO_OLD:
    'A link does not count any more: it was received longer ago than the chain allows for its step.',
  KEY_NOT_VALID_AT_TIME:
    'A signature does not count: it was received outside the time for which its key is valid.',
  KEY_RETIRED: 'A signature does not count: it was received after its key was retired.',
  KEY_SUSPENDED: 'A signature does not count as long as its key is suspended.',
  KEY_COMPROMISED: 'A signature does not count: its key is compromised, and it may have been made by others.',
  KEY_MISISSUED: 'A signature does not count: its key should never have been trusted.',
  KEY_RESTORED: 'A signature that did not count when the verdict was found does count now.',
  KEY_OWNER_CHANGED: 'A key that the verdict relies on is held by others than when the verdict was found.',
  KEYS_UNKNOWN:
    'The verdict was found by a build that did not say which keys it relies on, and keys of the chain are limited.',
  GRANDFATHERED: 'A signature counts although its key is compromised: it was received before that.',
  OWNERS_BELOW_THRESHOLD: 'The keys that signed a step belong to fewer owners than its threshold.',
  LINK_REPLACED: 'A link does not count: a newer attempt at its step replaced it.',
  LINK_NOT_TIED: 'A link does not count: another is tied more closely to the rest of the build.',
  MORE_LINKS_REJECTED: 'Further links of the build do not count and are not named one by one.',
  LINKS_CONFLICT:
    'Two different links of one step and key were posted for the same attempt of a run, or by functionaries of whom one is enough, or an older one for a newer attempt.',
  ATTEMPT_INCOMPLETE:
    'The newest attempt is not complete, and what stood before it, or before links grew too old, contradicts the layout.',

  STEP_NOT_TIED: 'No MATCH rule of the layout ties a step to the subject, and the links name no run.',
  MATCHED_IN_PART:
    'The links name no run, and artifacts that came to a MATCH rule are found in no other step: these may be of another build.',
  AMBIGUOUS_EVIDENCE: 'Several consistent sets of links explain the digest, with different results.',
  EVIDENCE_SEARCH_LIMIT: 'More links are alike than are looked at, so that the evidence may be ambiguous.',
  INDEX_TOO_LARGE: 'The image index lists more images, or nests them deeper, than are looked at.',
  BUILDS_DISAGREE: 'Another build of the digest comes to the opposite result.',
  OTHER_BUILD: 'Another build of the digest was looked at.',
} as const;

export type ServiceFindingCode = keyof typeof SERVICE_FINDINGS;
