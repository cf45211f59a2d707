import { z } from 'zod';

/** A subject to verify, as the outbox knew it when the job was made. */
export const markedSubject = z.object({
  chainId: z.int().positive(),
  /** The digest, 64 hexadecimal digits. */
  subject: z.string().regex(/^[0-9a-f]{64}$/),
  generation: z.string().regex(/^\d+$/),
});
export type MarkedSubject = z.infer<typeof markedSubject>;

/** Jobs carry batches: a queue transition costs as much as a verification. */
export const verifySubjects = z.object({ subjects: z.array(markedSubject).min(1).max(500) });
export type VerifySubjects = z.infer<typeof verifySubjects>;
