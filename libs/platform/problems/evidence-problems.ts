import type { ProblemTable } from './problem-table.js';

/** Uploads, and the digests that they speak of. */
export const evidenceProblems = {
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
  TOO_MANY_SIGNATURES: [
    422,
    'The file has more signatures than can be looked at',
    'Keep one signature of each key, and those of keys that the layout names; `detail` says the limit.',
  ],
  TOO_MANY_ARTIFACTS: [
    422,
    'The link has more materials and products than a link may have',
    'Record what the layout has rules for, or an archive of the rest; `detail` says the limit.',
  ],
  KEYID_TOO_LONG: [
    422,
    'A signature names its key by more than 128 characters',
    'in-toto tools name a key by 64 or 40 hexadecimal digits; sign the file again.',
  ],
  FILE_TOO_COSTLY: [
    422,
    'Reading the file takes more memory than one file may',
    'Record less in one link. No file that an in-toto tool writes within the limits comes to this.',
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
} as const satisfies ProblemTable;
