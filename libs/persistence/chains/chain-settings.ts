import { z } from 'zod';
import type { LifecyclePolicy } from '#key-lifecycle/signature-counts.js';

/** What a chain decides for itself about evidence. */
export const chainSettings = z
  .strictObject({
    /**
     * `strict`: evidence that contradicts other evidence of the same subject fails it. `any`: one satisfying build is
     * enough, and the contradiction is a warning.
     */
    conflict: z.enum(['strict', 'any']).default('strict'),
    /** Seconds after its receipt for which a link of a step counts, by step. Steps not named never grow old. */
    maxAge: z.record(z.string().min(1), z.int().min(1)).default({}),
    /**
     * The steps that make images: only their products anchor a subject. Without it those of any step do, and whoever may
     * sign one step, or commit a file that one records, can have it name an image of his own.
     */
    anchorSteps: z.array(z.string().min(1)).min(1).optional(),
    /**
     * Whether signatures that came in before a key was compromised go on counting. `byReceipt` believes this service's own
     * receipt times, which nobody outside attests; absent: `never`.
     */
    grandfather: z.enum(['never', 'byReceipt']).optional(),
  })
  .meta({ id: 'ChainSettings' });

export type ChainSettings = z.infer<typeof chainSettings>;

const SKEW_MS = 5 * 60_000;

/** How a chain applies the rules of docs/trust.md to its keys. */
export function lifecyclePolicy({ grandfather = 'never' }: ChainSettings): LifecyclePolicy {
  return { skewMs: SKEW_MS, grandfather };
}
