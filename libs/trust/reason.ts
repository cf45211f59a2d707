import { z } from 'zod';

/** Why somebody changes what a chain trusts, for those who read its events later. */
export const reason = z.string().trim().min(1).max(1000);

/** For requests that are older than the question. */
export const optionalReason = z.string().trim().max(1000).default('');
