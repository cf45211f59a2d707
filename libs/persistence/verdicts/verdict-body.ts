import { z } from 'zod';

/** What is stored of a verdict and answered by the query API. */
export const findingBody = z.looseObject({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  message: z.string(),
  fix: z.string().optional(),
});

export const missingStep = z.object({
  step: z.string(),
  threshold: z.int(),
  have: z.int(),
  authorizedKeyids: z.array(z.string()),
});

export const evidenceItem = z.object({
  step: z.string(),
  keyid: z.string(),
  link: z.string(),
  /** Null: the link names no run. */
  run: z.string().nullable(),
});

export const verdictBody = z.object({
  findings: z.array(findingBody),
  missing: z.array(missingStep),
  evidence: z.array(evidenceItem),
  /** How many items are left out for their length. Findings that are have a MORE_FINDINGS in their place. */
  omitted: z.object({ evidence: z.int() }).optional(),
  layout: z.object({ id: z.string(), version: z.int(), expires: z.string() }).nullable(),
});

export type FindingBody = z.infer<typeof findingBody>;
export type VerdictBody = z.infer<typeof verdictBody>;
export type Outcome = 'pass' | 'fail' | 'pending';
