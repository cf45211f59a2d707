import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdConnections } from './connections.js';
import { dripBatches, forgeLinks, postHeavyLinks } from './floods.js';
import type { ActName, Order, Tally } from './order.js';

/** Each goes on until this process is killed. */
const acts: Readonly<Record<ActName, (order: Order, tally: Tally) => void>> = {
  connections: holdConnections,
  links: forgeLinks,
  heavy: postHeavyLinks,
  batches: dripBatches,
};

/**
 * What the hostile side takes of this machine is not what it costs the service: elsewhere it has machines of its own. So it
 * gets what the service and the tenant leave.
 */
setPriority(19);

/** The hostile side. Says so once it has been at work for a moment, and tells what it did when it is told to stop. */
process.once('message', (order: Order) => {
  const tally: Tally = { answers: {}, bytes: 0 };
  acts[order.act](order, tally);
  process.once('message', () => process.send?.(tally));
  void sleep(2_000).then(() => process.send?.('acting'));
});
