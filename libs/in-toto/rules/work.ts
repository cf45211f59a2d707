/** Counted work: the only clock that a pure function has. Throws WorkExceeded when it is spent. */
export interface Work {
  spend(units: number): void;
}

/** A layout asks for more work than the caller allows. */
export class WorkExceeded extends Error {
  override readonly name = 'WorkExceeded';
}

export function workOf(limit: number, unit = 'comparisons'): Work {
  let left = limit;
  return {
    spend(units) {
      left -= units;
      if (left < 0) throw new WorkExceeded(`more than ${limit} ${unit}`);
    },
  };
}
