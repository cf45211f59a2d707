import type { Declaration } from '../subjects/touched-subjects.js';
import type { Membership } from './join-runs.js';
import type { IndexedLink } from './new-link.js';

/** What became known when a link was posted and its bytes do not say. */
export interface Posting {
  readonly at: Date;
  readonly id: Buffer;
  readonly seq: string;
  /** It had not been there before. */
  readonly created: boolean;
  readonly run: { readonly name: string; readonly attempt: number; readonly joined?: string } | undefined;
  readonly declared: Buffer | undefined;
}

interface Changes {
  readonly indexed: readonly IndexedLink[];
  readonly joined: readonly Membership[];
  readonly related: readonly Declaration[];
}

/** Posting the same again tells nothing new: of such there is none. */
export function postingsOf({ indexed, joined, related }: Changes, at: Date): Posting[] {
  const memberships = new Map(
    joined.map((membership) => [`${membership.link} ${membership.run}`, membership]),
  );
  const declarations = new Set(related.map(({ run, subject }) => `${subject.toString('hex')} ${run}`));
  const fresh = new Set(indexed.filter((link) => link.created).map(({ seq }) => seq));
  const postings = new Map<string, Posting>();
  for (const { id, seq, run: name, attempt, madeLoose, declared: subject } of indexed) {
    const created = fresh.has(seq);
    const membership = memberships.get(`${seq} ${name}`);
    const declared = declarations.has(`${subject?.toString('hex')} ${name}`) ? subject : undefined;
    if (membership || declared || (name === undefined && (created || madeLoose))) {
      const joining = membership && { attempt: membership.attempt, joined: membership.seq };
      const run = name === undefined ? undefined : { name, attempt, ...joining };
      postings.set(`${seq} ${declared?.toString('hex')} ${name}`, { at, id, seq, created, run, declared });
    }
  }
  return [...postings.values()];
}
