import type { ProblemTable } from './problem-table.js';

/** Chains, their owners, keys, roots and layouts. */
export const trustProblems = {
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
  TOO_MANY_KEYS: [
    422,
    'There are more keys than are screened at a time',
    'Keep the keys that are needed: of a layout those that its steps and inspections name. `detail` says the limit.',
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
} as const satisfies ProblemTable;
