import { CreateTables1763800000000 } from './1763800000000-create-tables.js';
import { AddTrustOverTime1764000000000 } from './1764000000000-add-trust-over-time.js';
import { AddVerdictBasis1764050000000 } from './1764050000000-add-verdict-basis.js';
import { AddReplays1764100000000 } from './1764100000000-add-replays.js';
import { AddTokenUsage1764200000000 } from './1764200000000-add-token-usage.js';
import { AddTurns1764300000000 } from './1764300000000-add-turns.js';
import { AddWideTouches1764450000000 } from './1764450000000-add-wide-touches.js';

/** In the order in which they run. */
export const migrations = [
  CreateTables1763800000000,
  AddTrustOverTime1764000000000,
  AddVerdictBasis1764050000000,
  AddReplays1764100000000,
  AddTokenUsage1764200000000,
  AddTurns1764300000000,
  AddWideTouches1764450000000,
];
