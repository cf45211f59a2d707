export type SignatureRefusal = 'INVALID' | 'MALFORMED' | 'KEY_EXPIRED' | 'KEY_UNUSABLE';

/**
 * `MALFORMED`: the bytes are no signature. `KEY_UNUSABLE`: the key cannot be read, or cannot check this form of signature.
 * Where the reference abandons the whole verification instead of skipping one signature, `fatal` is set.
 */
export type SignatureCheck =
  | { readonly valid: true }
  | { readonly valid: false; readonly reason: SignatureRefusal; readonly fatal: boolean };

export function refused(reason: SignatureRefusal, { fatal } = { fatal: false }): SignatureCheck {
  return { valid: false, reason, fatal };
}
