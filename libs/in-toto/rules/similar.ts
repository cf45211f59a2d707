/** Texts longer than this are not compared letter by letter. */
const MAX_LENGTH = 200;
/** So many candidates are looked at. */
const MAX_CANDIDATES = 2_000;

/** The candidate that takes the fewest edits to become the text, if it is at all alike: for hints only. */
export function mostSimilar(text: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let distance = Math.max(2, Math.floor(text.length / 2)) + 1;
  let looked = 0;
  for (const candidate of candidates) {
    if (++looked > MAX_CANDIDATES) break;
    const edits = editDistance(text, candidate, distance);
    if (edits < distance) [best, distance] = [candidate, edits];
  }
  return best;
}

/** Levenshtein distance, or `limit` when it is at least that. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > MAX_LENGTH || b.length > MAX_LENGTH) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return Math.min(limit, previous[b.length] ?? limit);
}
