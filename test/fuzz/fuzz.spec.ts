import { describe, it } from 'vitest';
import { Random } from '../support/random.js';
import { damagedFiles, soundDrafts } from './inputs.js';
import { feed } from './targets.js';

describe('damaged files', () => {
  // `npm run fuzz` goes on for as long as one likes.
  it('never bring out more than coded errors', () => {
    const drafts = soundDrafts();
    for (let seed = 0; seed < 200; seed++) feed(damagedFiles(drafts, new Random(seed)));
  });
});
