/** What a check of the store can find. Codes are the contract; `docs/operations.md` says what to do about each. */
export const FSCK_FINDINGS = {
  BLOB_LOST: 'A row speaks of a blob that is not in the blob store.',
  BLOB_DAMAGED: 'The bytes of a blob do not have its hash.',
  BLOB_UNREFERENCED: 'Neither the index nor the journal speaks of a blob.',
  LINK_UNREADABLE: 'The bytes of a link are as they were stored, and would be refused today.',
  LINK_NOT_INDEXED: 'The journal has an arrival of a link that the index does not have.',
  LINK_ROW_WRONG: 'The row of a link says something else than its bytes or the journal.',
  ARTIFACT_ROWS_WRONG: 'The digests by which a link is found are not those of its bytes.',
  KEY_ROWS_WRONG: 'The key ids by which a link is found are not those of its bytes.',
  SIGNER_ROWS_WRONG: 'It is not recorded when somebody who signed a link first said what it says.',
  RUN_ROW_WRONG: 'The membership of a link in a run is not what the journal says.',
  POSTING_ROW_WRONG: 'Who posted a link or an image, and where, is not what the journal says.',
  CHAIN_NOT_INDEXED: 'The journal has a supply chain that the index does not have.',
  CHAIN_ROW_WRONG: 'Owners, settings or the layout in force are not what the journal says.',
  KEY_REGISTER_WRONG: 'The key register of a chain, or its events, are not what the journal says.',
  LAYOUT_NOT_INDEXED: 'The journal has a layout that the index does not have.',
  LAYOUT_ROW_WRONG: 'The row of a layout says something else than its bytes or the journal.',
  IMAGE_NOT_INDEXED: 'What a posted image manifest or index says, or who posted it, is not in the index.',
  SUBJECT_ROWS_WRONG: 'A known digest is not related to all runs that anchor it.',
  MARK_MISSING: 'A known digest has no verdict by the layout in force, and nothing is under way to make one.',
  VERDICT_WRONG: 'Computed anew from the same evidence, a verdict comes out different.',
  JOURNAL_MISSING: 'The journal has no record of what a row says.',
  JOURNAL_DAMAGED: 'The bytes of an object of the journal do not have its hash.',
  JOURNAL_UNREADABLE: 'An object of the journal was written by a version that this one does not understand.',
  LEFTOVER: 'A writer was killed and left an unfinished file.',
} as const;

export type FsckCode = keyof typeof FSCK_FINDINGS;

export interface Finding {
  readonly code: FsckCode;
  /** Null: of no chain. */
  readonly chain: string | null;
  /** Which blob or row. */
  readonly subject: string;
  readonly detail: string;
  readonly repaired: boolean;
}
