import { z } from 'zod';
import { nameSegment } from '#platform/name-segment.js';

/** A token that belongs to no named principal is one by itself, called by its id: nobody else may be. */
const tokenId = /^[0-9a-f]{16}$/;

/** A principal as operators name it: made like the names of chains. */
export const principalName = z
  .string()
  .max(200)
  .refine((name) => name.split('/').every((part) => nameSegment.test(part)), {
    message:
      'use lower-case letters, digits and . _ - between them, in parts separated by /, e.g. acme/github',
  })
  .refine((name) => !tokenId.test(name), {
    message: 'it looks like the id of a token: --succeeds makes a token of the same principal as another',
  });
