import { ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';

/** The query of a route about one chain; `visibleChain` says which it means. */
export const chainQuery = z.strictObject({ chain: z.string().optional() });
export type ChainQuery = z.infer<typeof chainQuery>;

/** The route takes `?chain=`. */
export const TakesChain = () =>
  ApiQuery({ name: 'chain', required: false, description: 'Not needed with a token bound to one chain' });
