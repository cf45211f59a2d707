/** Counted work: the only clock that a pure function has. Throws WorkExceeded when it is spent. */
export interface Work {
  spend(units: number): void;
}

/** The rules of a layout ask for more comparisons than the caller allows. */
export class WorkExceeded extends Error {
  override readonly name = 'WorkExceeded';
}

export function workOf(limit: number): Work {
  let left = limit;
  return {
    spend(units) {
      left -= units;
      if (left < 0) throw new WorkExceeded(`more than ${limit} comparisons`);
    },
  };
}
