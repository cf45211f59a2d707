import { documents, readText } from './documents.js';
import { shellBlocks } from './shell-blocks.js';

export interface Recipe {
  /** Document and line, for the names of tests. */
  readonly at: string;
  readonly commands: string;
}

const ASKS_FOR_A_VERDICT = /\/verdicts\/\$\{?DIGEST\}?(?!\/)/;
const POSTS = /\bcurl\b(?:[^\n]|\\\n)*\$CUSTODY\/(?:links|subjects)/;

/** Shell blocks on whose end something is deployed: whatever asks for the verdict on a digest with curl is one. */
export function gates(): Recipe[] {
  return recipes().filter(({ commands }) => ASKS_FOR_A_VERDICT.test(commands));
}

/** Shell blocks by which CI posts evidence. */
export function postings(): Recipe[] {
  return recipes().filter(({ commands }) => POSTS.test(commands));
}

function recipes(): Recipe[] {
  return documents().flatMap((path) =>
    shellBlocks(readText(path)).map(({ line, commands }) => ({ at: `${path}:${line}`, commands })),
  );
}
