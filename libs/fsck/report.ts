import { type Finding, FSCK_FINDINGS, type FsckCode } from './findings.js';

/** Findings kept one by one; all are counted. */
const TOLD_AT_MOST = 1_000;

export interface Summary {
  readonly clean: boolean;
  readonly checked: Readonly<Record<string, number>>;
  readonly counts: readonly { code: FsckCode; means: string; found: number; repaired: number }[];
  readonly findings: readonly Finding[];
}

/** What was looked at and what was found, in bounded memory. */
export class Report {
  private readonly findings: Finding[] = [];
  private readonly counts = new Map<FsckCode, { found: number; repaired: number }>();
  private readonly checked = new Map<string, number>();

  constructor(private readonly onFinding: (finding: Finding) => void = () => {}) {}

  add(finding: Finding): void {
    const count = this.counts.get(finding.code) ?? { found: 0, repaired: 0 };
    this.counts.set(finding.code, {
      found: count.found + 1,
      repaired: count.repaired + (finding.repaired ? 1 : 0),
    });
    if (this.findings.length < TOLD_AT_MOST) {
      this.findings.push(finding);
      this.onFinding(finding);
    }
  }

  looked(what: string, count: number): void {
    this.checked.set(what, (this.checked.get(what) ?? 0) + count);
  }

  summary(): Summary {
    const counts = [...this.counts].map(([code, count]) => ({ code, means: FSCK_FINDINGS[code], ...count }));
    return {
      clean: counts.length === 0,
      checked: Object.fromEntries(this.checked),
      counts,
      findings: this.findings,
    };
  }
}
