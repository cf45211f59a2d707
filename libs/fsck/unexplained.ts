import type { LinkPosted } from '#storage/journal-record.js';
import type { LinkPosting, LinkRow, RunRow } from './link-rows.js';
import { isOfPosting } from './posters.js';

/** More than these are left to the next run of the check. */
const HELD_AT_MOST = 500_000;

export interface UnexplainedLink {
  readonly row: LinkRow;
  /** The record by which it was created, if the journal has one at all; of several that of its place. */
  first: LinkPosted | undefined;
  /** The journal has an arrival without a run. */
  loose: boolean;
}

export interface UnexplainedRun {
  readonly id: Buffer;
  readonly link: string;
  readonly row: RunRow;
  /** Who posted it there first is recorded: what the journal lacks, it lacks of that posting. */
  readonly isPosted: boolean;
  /** The journal gives the place of this membership to another. */
  contradicted: boolean;
  explained: boolean;
  /** The newest attempt that the journal has. */
  attempt: number;
}

export interface UnexplainedPosting {
  readonly id: Buffer;
  readonly link: string;
  readonly row: LinkPosting;
  /** The journal has this posting as one to another run, or by somebody else. */
  contradicted: boolean;
  /** The record by which the principal posted it there. */
  first: LinkPosted | undefined;
  /** The newest attempt that the journal has, and the token by which the principal posted that. */
  attempt: number;
  token: string;
}

/**
 * Rows of which the journal has no record at the time that they name themselves. The journal may still have one of
 * another time, so they are held until it was read to its end.
 */
export class Unexplained {
  readonly links = new Map<string, UnexplainedLink>();
  readonly runs: UnexplainedRun[] = [];
  readonly postings: UnexplainedPosting[] = [];
  private readonly runsOfLink = new Map<string, UnexplainedRun[]>();
  private readonly postingsOfLink = new Map<string, UnexplainedPosting[]>();

  addLink(row: LinkRow): void {
    if (this.links.size < HELD_AT_MOST) {
      this.links.set(row.id.toString('hex'), { row, first: undefined, loose: false });
    }
  }

  addRun({ id, seq: link, postings }: LinkRow, row: RunRow): void {
    if (this.runs.length < HELD_AT_MOST) {
      const isPosted = postings.some(({ joined }) => joined === row.seq);
      const held = { id, link, row, isPosted, contradicted: false, explained: false, attempt: 0 };
      this.runs.push(held);
      append(this.runsOfLink, id.toString('hex'), held);
    }
  }

  addPosting({ id, seq: link }: LinkRow, row: LinkPosting): void {
    if (this.postings.length < HELD_AT_MOST) {
      const held = { id, link, row, contradicted: false, first: undefined, attempt: 0, token: '' };
      this.postings.push(held);
      append(this.postingsOfLink, id.toString('hex'), held);
    }
  }

  /** Records come in the order of their time. */
  explain(record: LinkPosted): void {
    const link = this.links.get(record.id);
    if (link) {
      explainLink(link, record);
    }
    for (const held of this.runsOfLink.get(record.id) ?? []) {
      explainRun(held, record);
    }
    for (const held of this.postingsOfLink.get(record.id) ?? []) {
      explainPosting(held, record);
    }
  }
}

function explainLink(link: UnexplainedLink, record: LinkPosted): void {
  const isOfItsPlace = record.seq === link.row.seq && link.first?.seq !== link.row.seq;
  if (record.created && (link.first === undefined || isOfItsPlace)) {
    link.first = record;
  }
  link.loose ||= record.run === undefined;
}

function explainRun(held: UnexplainedRun, { run }: LinkPosted): void {
  if (run?.name === held.row.run) {
    held.attempt = Math.max(held.attempt, run.attempt);
    held.explained ||= run.joined !== undefined;
  } else if (run?.joined === held.row.seq) {
    held.contradicted = true;
  }
}

/** What only declares a subject has no place. */
function explainPosting(held: UnexplainedPosting, record: LinkPosted): void {
  const { run, poster } = record;
  if (!poster || (run && run.joined === undefined)) {
    return;
  }
  if (!isOfPosting(record, held.row)) {
    held.contradicted ||=
      isOfItsPlace(record, held.row) && (run !== undefined || poster.token === held.row.token);
    return;
  }
  if (!held.first || (isOfItsPlace(record, held.row) && !isOfItsPlace(held.first, held.row))) {
    held.first = record;
  }
  const attempt = run?.attempt ?? 1;
  if (attempt > held.attempt) {
    held.attempt = attempt;
    held.token = poster.token;
  }
}

/** Without a run the place is a moment. */
function isOfItsPlace({ run, at }: LinkPosted, row: LinkPosting): boolean {
  return run ? run.joined === row.joined : row.joined === null && at === row.postedAt.toISOString();
}

function append<Held>(lists: Map<string, Held[]>, key: string, held: Held): void {
  lists.set(key, [...(lists.get(key) ?? []), held]);
}
