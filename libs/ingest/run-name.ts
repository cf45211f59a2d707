import { z } from 'zod';

/** A run as CI names it: printable, without blanks at the ends. */
export const runName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'use printable ASCII characters');

/** Counted by CI; the newest attempt at a step replaces the older ones. */
export const attemptNumber = z.coerce.number().int().min(1).max(1_000_000);
