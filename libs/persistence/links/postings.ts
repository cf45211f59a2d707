import { type Poster, UNRECORDED } from '../postings/poster.js';
import type { PrincipalsDeclaration } from '../subjects/touched-subjects.js';
import { type Joined, type Membership, membershipKey } from './join-runs.js';
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
  /** Undefined: nobody knows. */
  readonly poster: Poster | undefined;
}

interface Changes {
  readonly indexed: readonly IndexedLink[];
  readonly joined: Joined;
  readonly declared: readonly PrincipalsDeclaration[];
}

/** The same posted again by the same principal tells nothing new: of such there is none. */
export function postingsOf({ indexed, joined, declared: declarations }: Changes, at: Date): Posting[] {
  const memberships = new Map<string, Membership & Partial<Poster>>();
  for (const membership of [...joined.members, ...joined.postings]) {
    memberships.set(membershipKey(membership), membership);
  }
  const declared = new Set(
    declarations.map(({ subject, run, principal }) => declarationKey(subject, run, principal)),
  );
  const fresh = new Set(indexed.filter((link) => link.created).map(({ seq }) => seq));
  const postings = new Map<string, Posting>();
  for (const { id, seq, run: name, attempt, madeLoose, declared: subject, poster } of indexed) {
    const { principal } = poster ?? UNRECORDED;
    const created = fresh.has(seq);
    const key = membershipKey({ link: seq, run: name, principal });
    const membership = memberships.get(key);
    const isDeclared = subject && declared.has(declarationKey(subject, name, principal));
    if (membership || isDeclared || (name === undefined && (created || madeLoose))) {
      postings.set(`${isDeclared && subject.toString('hex')} ${key}`, {
        at,
        id,
        seq,
        created,
        run: name === undefined ? undefined : { name, attempt, ...(membership && inRun(membership)) },
        declared: isDeclared ? subject : undefined,
        poster: poster && { principal, token: membership?.token ?? poster.token },
      });
    }
  }
  return [...postings.values()];
}

function inRun({ attempt, joined }: Membership) {
  return { attempt, ...(joined === null ? {} : { joined }) };
}

function declarationKey(subject: Buffer, run: string | undefined, principal: string): string {
  return `${subject.toString('hex')} ${run} ${principal}`;
}
