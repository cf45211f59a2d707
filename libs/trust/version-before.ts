import { z } from 'zod';

/** To page through versions, the newest first. */
export const versionBefore = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .optional();
