/** Codes of input that cannot be read at all. A layout that is not satisfied is a result with findings, never one of these. */
export type InTotoErrorCode =
  | 'JSON_INVALID'
  | 'JSON_FLOAT'
  | 'JSON_TOO_DEEP'
  | 'JSON_TOO_LARGE'
  | 'METADATA_INVALID'
  | 'SIGNATURE_MALFORMED'
  | 'KEY_INVALID';

/** Input that is not what it claims to be: bad JSON, not in-toto metadata, a key that cannot be one. `code` is the contract, not the message. */
export class InTotoError extends Error {
  override readonly name = 'InTotoError';

  constructor(
    readonly code: InTotoErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
