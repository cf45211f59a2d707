import type { KeySignature } from '../keys/verify-signature.js';
import type { Layout } from './layout.js';
import type { Link } from './link.js';

/** One entry of `signatures`. Entries whose key id is no string can match no key and are left out. */
export type Signature = KeySignature;

/** A link or layout with the signatures over it, in either of the two containers that in-toto uses. */
export interface Metadata {
  readonly container: 'metablock' | 'dsse';
  readonly signatures: readonly Signature[];
  /**
   * The link or layout. A DSSE payload is read when first asked for, as the reference does it after the signatures are
   * checked: the getter throws InTotoError when it is no link or layout.
   */
  readonly payload: Link | Layout;
  /**
   * What the signatures cover: the canonical form of the known members (Metablock, in-toto 1.0 §4.2), or the
   * pre-authentication encoding of the raw payload (DSSE 1.0). May be computed anew each time.
   */
  readonly signedBytes: Uint8Array;
}
