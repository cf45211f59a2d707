import { z } from 'zod';

/**
 * A valid signature that a verification met, of a functionary on a link or of an owner on the layout, and how it stood by
 * the key register. While all of them stand as they did, the verdict is what it would be if it were found again.
 */
export const metSignature = z.strictObject({
  /** SHA-256 of the key's SubjectPublicKeyInfo, hexadecimal. */
  fingerprint: z.string(),
  role: z.enum(['functionary', 'owner']),
  receivedAt: z.iso.datetime(),
  /** Whose key it was. */
  owner: z.string(),
  /** `grandfathered` counts, too. */
  standing: z.enum(['counted', 'grandfathered', 'refused']),
});

/** By what a verdict was found, beside its layout and its links. */
export const verdictBasis = z.strictObject({
  engine: z.int(),
  /** The chain's trust epoch when the evidence was read. */
  epoch: z.string(),
  /** See chain-rules.ts. */
  settings: z.string(),
  owners: z.string(),
});

export type MetSignature = z.infer<typeof metSignature>;
export type VerdictBasis = z.infer<typeof verdictBasis>;
