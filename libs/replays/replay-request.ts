import { z } from 'zod';
import { digestParameter } from '#platform/digest.js';

const hex = z.string().regex(/^[0-9a-f]{64}$/, 'write 64 lower-case hexadecimal digits');

export const replayFilter = z
  .strictObject({
    chain: z.string().optional(),
    key: hex.optional(),
    layout: hex.optional(),
    subject: digestParameter.optional(),
    from: z.iso.datetime({ offset: true }).optional(),
    to: z.iso.datetime({ offset: true }).optional(),
    engineBelow: z.int().min(1).optional(),
    all: z.literal(true).optional(),
  })
  .refine((filter) => Object.values(filter).some((value) => value !== undefined), {
    message: 'say which verdicts are meant, or `"all": true`',
  });

export const reason = z.string().trim().min(1).max(1_000);

export const replayRequest = z
  .strictObject({
    filter: replayFilter,
    hypothetical: z.strictObject({ layout: hex }).optional(),
    reason,
    dryRun: z.boolean().default(true),
    rate: z.int().min(1).max(100_000).optional(),
  })
  .refine(({ hypothetical, dryRun }) => !hypothetical || dryRun, {
    path: ['dryRun'],
    message: 'what a layout would change that is not in force cannot be applied',
  })
  .meta({ id: 'ReplayRequest' });

export type ReplayRequest = z.infer<typeof replayRequest>;

export const reasonOnly = z.strictObject({ reason }).meta({ id: 'ReplayReason' });
export const applyRequest = z.strictObject({ planDigest: hex, reason }).meta({ id: 'ReplayApplication' });
