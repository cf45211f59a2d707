import type { LinkPosted } from '#storage/journal-record.js';
import type { LinkRow, RunRow } from './link-rows.js';

/** More than these are left to the next run of the check. */
const HELD_AT_MOST = 500_000;

export interface UnexplainedLink {
  readonly row: LinkRow;
  /** The record by which it was created, if the journal has one at all. */
  first: LinkPosted | undefined;
  /** The journal has an arrival without a run. */
  loose: boolean;
}

export interface UnexplainedRun {
  readonly id: Buffer;
  readonly link: string;
  readonly row: RunRow;
  /** The journal gives the place of this membership to another. */
  contradicted: boolean;
  explained: boolean;
  /** The newest attempt that the journal has. */
  attempt: number;
}

/**
 * Rows of which the journal has no record at the time that they name themselves. The journal may still have one of
 * another time, so they are held until it was read to its end.
 */
export class Unexplained {
  readonly links = new Map<string, UnexplainedLink>();
  readonly runs = new Map<string, UnexplainedRun>();
  private readonly runsOfLink = new Map<string, UnexplainedRun[]>();

  addLink(row: LinkRow): void {
    if (this.links.size < HELD_AT_MOST) {
      this.links.set(row.id.toString('hex'), { row, first: undefined, loose: false });
    }
  }

  addRun(id: Buffer, link: string, row: RunRow): void {
    if (this.runs.size < HELD_AT_MOST) {
      const hex = id.toString('hex');
      const held = { id, link, row, contradicted: false, explained: false, attempt: 0 };
      this.runs.set(`${hex} ${row.run}`, held);
      this.runsOfLink.set(hex, [...(this.runsOfLink.get(hex) ?? []), held]);
    }
  }

  /** Records come in the order of their time. */
  explain(record: LinkPosted): void {
    const link = this.links.get(record.id);
    if (link) {
      link.first ??= record.created ? record : undefined;
      link.loose ||= record.run === undefined;
    }
    for (const held of this.runsOfLink.get(record.id) ?? []) {
      if (record.run?.name === held.row.run) {
        held.attempt = Math.max(held.attempt, record.run.attempt);
        held.explained ||= record.run.joined !== undefined;
      } else if (record.run?.joined === held.row.seq) {
        held.contradicted = true;
      }
    }
  }
}
