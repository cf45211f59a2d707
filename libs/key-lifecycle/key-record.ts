/** What a chain knows of a key over time. Append-only: undoing a change is a change of its own. */
export interface KeyRecord {
  /** SHA-256 of the key's canonical SubjectPublicKeyInfo, hexadecimal. */
  readonly fingerprint: string;
  /** The person or system that holds the key. Thresholds count distinct owners. */
  readonly owner: string;
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
  /** In the order in which they were recorded. */
  readonly changes: readonly KeyChange[];
}

export type KeyChange = { readonly seq: string; readonly recordedAt: Date } & KeyChangeKind;

export type KeyChangeKind =
  /** No longer used from then on; what was signed before stays valid. */
  | { readonly kind: 'retired'; readonly effective: Date }
  | { readonly kind: 'suspended' }
  /** Ends every suspension before it. */
  | { readonly kind: 'lifted' }
  /** In other hands since then; undefined: nobody knows since when. */
  | { readonly kind: 'compromised'; readonly since: Date | undefined }
  /** Never was what it was taken for. */
  | { readonly kind: 'misissued' }
  /** The change with that seq no longer counts. */
  | { readonly kind: 'undone'; readonly undoes: string };

/** A key that nobody registered: its own owner, without limits. */
export function unregistered(fingerprint: string): KeyRecord {
  return { fingerprint, owner: fingerprint, notBefore: undefined, notAfter: undefined, changes: [] };
}
