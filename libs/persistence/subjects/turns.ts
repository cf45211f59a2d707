import { DEAD_AFTER, Priority } from './verification-mark.entity.js';

/*
 * Whose turn it is within a chain: start-time fair queueing (Goyal, Vin, Cheng 1996), where every mark costs one. The
 * virtual time of a chain is the turn of the mark that is next. A principal's mark comes one after its own last that
 * waits, or after the virtual time if that is later: so who floods queues behind itself, who has nothing waiting is
 * next, and who was served before owes nothing. The fragments of SQL speak of the chain $1.
 */

/** The service's own marks are a principal's, too: what it looks at again by itself does not overtake anybody. */
export const SERVICE = '';

/**
 * Of marks in bulk, which have no order among them; any turn is before. Where a process of an earlier release makes one of
 * them urgent, it keeps this until it is marked again.
 */
export const NO_TURN = '9223372036854775807';

/**
 * The virtual time. Where nothing waits it is the clock's, in microseconds: marks are not made as fast as these pass, so
 * a mark that comes back later, since its job was lost, is not behind those of a flood that began after it.
 */
export const FRONT = `coalesce(
  (select turn from verification_mark
    where priority = ${Priority.interactive} and chain_id = $1 and attempts < ${DEAD_AFTER} and claimed_until < now()
      and turn < ${NO_TURN} order by turn limit 1),
  (extract(epoch from clock_timestamp()) * 1000000)::bigint)`;

/** Null when nothing of the principal waits. */
export const lastTurnOf = (principal: string): string => `
  (select turn from verification_mark
    where chain_id = $1 and principal = ${principal} and attempts = 0 and priority = ${Priority.interactive}
      and turn < ${NO_TURN} order by turn desc limit 1)`;
