import { z } from 'zod';

/** How a verdict came about: what was looked at, chosen, rejected and tied together. */

const chosenLink = z.object({
  id: z.string(),
  step: z.string(),
  keyids: z.array(z.string()),
  receivedAt: z.string(),
  omittedKeyids: z.int().optional(),
});

const rejectedLink = z.looseObject({
  id: z.string(),
  step: z.string(),
  keyids: z.array(z.string()),
  reason: z.string(),
  omittedKeyids: z.int().optional(),
});

/** A MATCH rule between two chosen links, and how far they agree along it. */
const tie = z.object({
  rule: z.string(),
  from: z.object({ step: z.string(), side: z.string() }),
  to: z.object({ step: z.string(), side: z.string() }),
  compared: z.int(),
  equal: z.int(),
  /** Some of the artifacts that tie them. */
  artifacts: z.array(z.string()),
});

const anchor = z.object({
  link: z.string(),
  step: z.string(),
  path: z.string(),
  form: z.string(),
  via: z.string(),
  digest: z.string(),
});

export const buildExplanation = z.object({
  run: z.string().nullable(),
  outcome: z.enum(['pass', 'fail', 'pending']),
  /** Consistent sets that were found; more than one only where no run is named. */
  sets: z.int(),
  chosen: z.array(chosenLink),
  rejected: z.array(rejectedLink),
  anchors: z.array(anchor),
  ties: z.array(tie),
  /** MATCH rules one end of which has no link. */
  missingTies: z.array(z.object({ rule: z.string(), from: z.string(), to: z.string() })),
  /** How many items of these lists are left out for their length. */
  omitted: z.record(z.string(), z.int()).optional(),
});

export const explanation = z.object({
  /** In the order of the layout. */
  steps: z.array(z.string()),
  builds: z.array(buildExplanation),
  /** Of an image index: its manifests. */
  manifests: z.array(z.object({ digest: z.string(), outcome: z.enum(['pass', 'fail', 'pending']) })),
  /** How many items of these lists are left out for their length. */
  omitted: z.record(z.string(), z.int()).optional(),
});

export type BuildExplanation = z.infer<typeof buildExplanation>;
export type Explanation = z.infer<typeof explanation>;
