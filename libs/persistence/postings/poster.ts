import type { Principal } from '#platform/access.js';

/** Who posted something: a principal, by one of its tokens. Recorded with everything that is posted; nothing is judged by it. */
export interface Poster {
  /** A name counts within a chain only: everything that is posted belongs to one. */
  readonly principal: string;
  /** The id of the token. */
  readonly token: string;
}

/**
 * In the place of a principal and its token: posted before posters were recorded, or by a process of the version that did
 * not record them. No principal and no token can be called so. In tables of their own postings simply are not there.
 */
export const UNRECORDED: Poster = { principal: '', token: '' };

export function posterOf({ name, tokenId }: Principal): Poster {
  return { principal: name, token: tokenId };
}
