/**
 * Every refusal this service can give: stable code → HTTP status, title and what to do. `docs/errors.md` is generated
 * from this table and a test keeps the two equal.
 */
export const problems = {
  // The request itself
  BODY_MISSING: [
    400,
    'The request has no body',
    'Send the file as the request body, e.g. curl --data-binary @FILE.',
  ],
  BODY_INVALID: [400, 'The request body does not have the expected form', 'See `errors` for each bad field.'],
  QUERY_INVALID: [400, 'A query parameter is not valid', 'See `errors` for each bad parameter.'],
  MEDIA_TYPE_UNSUPPORTED: [
    415,
    'The content type is not accepted here',
    'Send in-toto files as application/json, application/vnd.in-toto+json or application/octet-stream; with curl add -H "content-type: application/json".',
  ],
  ENCODING_UNSUPPORTED: [
    415,
    'The content encoding is not accepted',
    'Send the body plain or with Content-Encoding: gzip.',
  ],
  ENCODING_INVALID: [
    400,
    'The body is not what its Content-Encoding says',
    'Compress it again, or send it plain.',
  ],
  BODY_INCOMPLETE: [400, 'The body ended too early', 'Post the lines of a batch again that have no answer.'],
  BODY_TOO_LARGE: [
    413,
    'The body is too large',
    'The limit counts after decompression; see CUSTODY_MAX_LINK_BYTES.',
  ],
  DIGEST_INVALID: [
    400,
    'The digest is not valid',
    'Write it as sha256: and 64 lower-case hexadecimal digits.',
  ],
  ROUTE_UNKNOWN: [404, 'There is nothing at this address', 'The interface is described at /openapi.json.'],
  METHOD_NOT_ALLOWED: [405, 'The method is not allowed here', 'The interface is described at /openapi.json.'],
  REQUEST_MALFORMED: [
    400,
    'The request cannot be read',
    'Check how the client writes the request line and headers.',
  ],

  // Access
  TOKEN_MISSING: [
    401,
    'No access token was given',
    'Send Authorization: Bearer TOKEN; `npm run token -- create` makes one.',
  ],
  TOKEN_INVALID: [
    401,
    'The access token is not valid',
    'It is unknown, expired or revoked; ask an operator for a new one.',
  ],
  SCOPE_MISSING: [
    403,
    'The access token does not allow this',
    'Use a token with the scope named in `detail`.',
  ],
  TOKEN_UNKNOWN: [404, 'There is no such token', '`npm run token -- list` shows the tokens.'],

  // Chains and layouts
  CHAIN_REQUIRED: [
    400,
    'It is not clear which supply chain is meant',
    'Add ?chain=NAME, or use a token bound to one chain.',
  ],
  CHAIN_UNKNOWN: [404, 'There is no such supply chain', 'It does not exist, or this token may not see it.'],
  CHAIN_EXISTS: [409, 'The supply chain exists already', 'Chains are created once; choose another name.'],
  KEY_INVALID: [
    422,
    'A public key is not valid',
    'Give PEM text, or the public key object as in-toto writes it; see `errors`.',
  ],
  KEY_REFUSED: [
    422,
    'A public key is too weak to be trusted',
    'Replace the key; see `errors` for the weakness.',
  ],
  KEY_ALGORITHM_PINNED: [
    409,
    'The key is registered for another algorithm',
    'A key keeps the algorithm that it was first registered with; make a new key for the other one.',
  ],
  ROOT_UNKNOWN: [404, 'There is no such trust root', 'It does not exist in this chain.'],
  ROOT_EXPECTED: [
    422,
    'The file is not a trust root',
    'Post a DSSE envelope of the payload type application/vnd.custody.root+json; docs/trust-roots.md shows how one is made.',
  ],
  ROOT_INVALID: [422, 'The trust root does not have the expected form', 'See `errors` for each bad field.'],
  ROOT_OF_ANOTHER_CHAIN: [
    422,
    'The trust root is of another supply chain',
    'A root names its chain in `chain`; post it to that one.',
  ],
  ROOT_VERSION_WRONG: [
    409,
    'The trust root is not the next one',
    'Its `version` must be that of the root in force plus one; GET /roots says which that is.',
  ],
  ROOT_NOT_SIGNED_BY_OWNERS: [
    422,
    'The trust root is not signed by enough owners',
    'As many owners as the root in force asks for must sign it, and as many of its own as it asks for itself.',
  ],
  KEY_UNKNOWN: [
    404,
    'There is no such key',
    'The chain does not know it; GET /keys lists those that it knows.',
  ],
  KEY_AMBIGUOUS: [409, 'Several keys have this id', 'Name the key by its fingerprint; see `detail`.'],
  KEY_CHANGE_WITHOUT_EFFECT: [
    409,
    'The change would make no difference',
    'An equal or wider limit is in force, or there is none to end. A date moves later only by undoing the change that set it.',
  ],
  OWNER_NAMED_BY_ROOT: [
    409,
    'The trust root says who holds this key',
    'Have the owners sign a root that says otherwise, and post it to /roots.',
  ],
  SECOND_OPERATOR_NEEDED: [
    409,
    'Another operator must do this',
    'With a token of his own: trust is given back by another operator than took it away, and a replay that flips much is approved by another than planned it.',
  ],
  LAYOUT_UNKNOWN: [404, 'There is no such layout', 'It does not exist in this chain.'],
  LAYOUT_EXPECTED: [422, 'The file is not a layout', 'Post links to /links.'],
  LAYOUT_NOT_SIGNED_BY_OWNERS: [
    422,
    'The layout is not signed by enough owners of the chain',
    'Sign it with keys of the owners named by the root in force, GET /roots.',
  ],
  LAYOUT_EXPIRED: [422, 'The layout has expired', 'Set a later `expires`, sign it again and post it.'],
  LAYOUT_SUPERSEDED: [
    409,
    'The layout was replaced by a newer one',
    'Bringing it back would be a rollback. If that is meant, give it a new `expires`, sign it again and post it.',
  ],
  LAYOUT_SIGNATURES_LOST: [
    409,
    'The same layout is in force with signatures of more owners',
    'Add signatures to the file in force, GET /layouts/<id>, and keep those that it has.',
  ],
  LAYOUT_REFUSED: [
    422,
    'The layout is legal in-toto but dangerous here',
    'See `errors` for each reason and its remedy.',
  ],

  // Links
  LINK_UNKNOWN: [404, 'There is no such link', 'It does not exist in this chain.'],
  LINK_EXPECTED: [422, 'The file is not a link', 'Post layouts to /layouts.'],
  LINK_REFUSED: [
    422,
    'The link is legal in-toto but dangerous here',
    'See `errors` for each reason and its remedy.',
  ],
  UNSIGNED: [
    422,
    'The file carries no signature',
    'Sign a link with the functionary key, as in-toto-run does, and a layout with the owner keys.',
  ],

  // The bytes of an upload
  JSON_INVALID: [400, 'The body is not JSON', 'Send the file untouched, as the in-toto client wrote it.'],
  JSON_FLOAT: [
    422,
    'The JSON holds a number that is not an integer',
    'Signed in-toto metadata has integers only; write it as a string.',
  ],
  JSON_DUPLICATE_MEMBER: [
    422,
    'An object in the JSON names a member twice',
    'Two readers may see two different files; write each member once.',
  ],
  JSON_TOO_DEEP: [422, 'The JSON is nested too deeply', 'No in-toto file needs this depth.'],
  JSON_TOO_LARGE: [
    413,
    'The JSON has too many members or too large a number',
    'Record fewer artifacts in one link.',
  ],
  METADATA_INVALID: [
    422,
    'The JSON is not in-toto metadata',
    'Expected a Metablock (`signed`, `signatures`) or a DSSE envelope; see `detail`.',
  ],
  SIGNATURE_MALFORMED: [
    422,
    'A signature entry does not have the expected form',
    'Expected {keyid, sig}; sign the file again.',
  ],

  // Subjects and verdicts
  MANIFEST_INVALID: [
    422,
    'The file is not an image manifest or index',
    'Post the bytes as the registry has them, e.g. from docker buildx imagetools inspect --raw.',
  ],
  SUBJECT_UNKNOWN: [
    404,
    'No link speaks of this digest',
    'Post the links of its build, or check the digest.',
  ],

  // Replays
  REPLAY_UNKNOWN: [
    404,
    'There is no such replay',
    'It does not exist, or is about chains that this token may not see.',
  ],
  REPLAY_NOT_READY: [
    409,
    'The replay is in a state in which this cannot be done',
    '`GET /replays/<id>` says where it is; docs/replays.md says what can be done in each state.',
  ],
  PLAN_DIFFERS: [
    409,
    'The replay has another plan than the one that is named',
    'Look at the plan again, and name the `planDigest` that `GET /replays/<id>` gives.',
  ],
  PLAN_STALE: [
    409,
    'The trust or the layout of a chain has moved since the replay was planned',
    'What the plan says may not be true any more. Plan another replay.',
  ],
  REPLAY_HYPOTHETICAL: [
    409,
    'The replay asks what a layout would change that is not in force',
    'It is never applied. Put the layout in force instead: every digest is then verified again.',
  ],

  // The service itself
  OVERLOADED: [503, 'The service is busy', 'Try again after the time in Retry-After.'],
  UNAVAILABLE: [
    503,
    'A part that the service depends on does not answer',
    'Try again after the time in Retry-After; /readyz says which part.',
  ],
  INTERNAL: [
    500,
    'The service failed',
    'Report the `instance` to the operator, who finds the request in the log by it.',
  ],
} as const satisfies Record<string, readonly [status: number, title: string, remedy: string]>;

export type ProblemCode = keyof typeof problems;

/** One bad place in an input: `path` is where, `code` is stable when present. */
export interface ProblemItem {
  readonly path?: string;
  readonly code?: string;
  readonly message: string;
}

export interface ProblemDetails {
  /** What is particular to this occurrence; never a secret. */
  readonly detail?: string;
  readonly errors?: readonly ProblemItem[];
  /** Seconds. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** A refusal with a stable code, answered as RFC 9457 problem details. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly details: ProblemDetails = {},
  ) {
    super(details.detail ?? problems[code][1], { cause: details.cause });
    this.status = problems[code][0];
  }

  /** The body of the answer. `instance` is the id under which the log knows the request. */
  toBody(instance: string): Record<string, unknown> {
    const [status, title, remedy] = problems[this.code];
    return {
      type: `urn:custody:error:${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.details.detail ?? remedy,
      remedy,
      instance,
      ...(this.details.errors ? { errors: this.details.errors } : {}),
    };
  }
}
