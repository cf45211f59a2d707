import { access } from './access.js';
import { backdating } from './backdating.js';
import { controls } from './controls.js';
import { digests } from './digests.js';
import { floods } from './floods.js';
import { images } from './images.js';
import { inspections } from './inspections.js';
import { keys } from './keys.js';
import { mixing } from './mixing.js';
import { paths } from './paths.js';
import { replay } from './replay.js';
import { rollback } from './rollback.js';
import { roots } from './roots.js';
import { runs } from './runs.js';
import type { Scenario } from './scenario.js';
import { starvation } from './starvation.js';
import { statements } from './statements.js';
import { thresholds } from './thresholds.js';
import { timing } from './timing.js';

/** What somebody may try who holds a read token, an ingest token, one functionary's key, or the name of a run. */
export const corpus: Readonly<Record<string, readonly Scenario[]>> = {
  mixing,
  replay,
  rollback,
  roots,
  digests,
  paths,
  thresholds,
  runs,
  images,
  statements,
  inspections,
  timing,
  backdating,
  keys,
  access,
  floods,
  starvation,
  controls,
};
