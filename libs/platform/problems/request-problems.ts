import type { ProblemTable } from './problem-table.js';

/** The request itself is wrong. */
export const requestProblems = {
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
  BODY_TOO_SLOW: [
    408,
    'The body comes too slowly',
    'Post it again; where the network is that slow, compress it with Content-Encoding: gzip.',
  ],
  BATCH_TOO_SLOW: [
    408,
    'The lines of the batch come too slowly',
    'Post the lines that have no answer again, in a batch that is sent without pauses.',
  ],
  BATCH_TOO_LONG: [
    408,
    'The batch was open for as long as a batch may be',
    'Post the lines that have no answer again, in another batch.',
  ],
  BODY_TOO_LARGE: [
    413,
    'The body is too large',
    'The limit counts after decompression; `detail` says it where it is another one than CUSTODY_MAX_LINK_BYTES.',
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
} as const satisfies ProblemTable;
