import { z } from 'zod';
import { ownerName } from '../chains/owner-name.js';
import { reason } from '../reason.js';

const time = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((date) => date.getUTCFullYear() >= 1970, { message: 'is before 1970' });

export const keyRequest = z
  .strictObject({
    /** A public key object as in-toto writes it in a layout's `keys`, or PEM text. */
    key: z.union([z.record(z.string(), z.unknown()), z.string()]),
    /** The person or system that holds it. */
    owner: ownerName.optional(),
    notBefore: time.nullable().optional(),
    notAfter: time.nullable().optional(),
    reason,
  })
  .refine(({ notBefore, notAfter }) => !(notBefore && notAfter && notBefore >= notAfter), {
    path: ['notAfter'],
    message: 'is not after notBefore',
  })
  .meta({ id: 'KeyRequest' });
export type KeyRequest = z.infer<typeof keyRequest>;

export const plainChange = z.strictObject({ reason }).meta({ id: 'KeyChange' });

export const retirement = z
  .strictObject({
    reason,
    /** Signatures received from then on do not count; absent: from now on. */
    effective: time.optional(),
  })
  .meta({ id: 'KeyRetirement' });

export const compromise = z
  .strictObject({
    reason,
    /** Since when the key has been in other hands; absent: nobody knows. */
    since: time.nullable().optional(),
  })
  .meta({ id: 'KeyCompromise' });

export const undoing = z
  .strictObject({
    reason,
    /** `seq` of the change that is to count no longer. */
    undoes: z.string().regex(/^[1-9]\d{0,17}$/, 'the seq of a change of this key'),
  })
  .meta({ id: 'KeyUndoing' });
