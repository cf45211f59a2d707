import { CreateTables1763800000000 } from './1763800000000-create-tables.js';

/** In the order in which they run. */
export const migrations = [CreateTables1763800000000];
