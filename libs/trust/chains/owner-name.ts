import { z } from 'zod';

/** A name in one spelling only, so that nobody is two owners by writing himself in another way. */
export const ownerName = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => name === name.normalize('NFC').trim() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name), {
    message: 'no control or invisible characters, no space at the ends, and in Unicode NFC',
  });
