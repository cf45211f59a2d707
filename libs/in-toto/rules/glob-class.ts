/** `[seq]` or `[!seq]` of a glob: inclusive ranges of code points. */
export interface CharacterClass {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [low: number, high: number])[];
}

export function classHas({ negated, ranges }: CharacterClass, character: number): boolean {
  return ranges.some(([low, high]) => low <= character && character <= high) !== negated;
}

const HYPHEN = '-';

/**
 * Reads a class whose first character (after the `[`) is at `start`; undefined when it is not closed, so that the `[`
 * stands for itself. `]` is literal when it comes first.
 */
export function readClass(
  pattern: readonly string[],
  start: number,
): { class: CharacterClass; next: number } | undefined {
  let end = start;
  if (pattern[end] === '!') end++;
  if (pattern[end] === ']') end++;
  while (end < pattern.length && pattern[end] !== ']') end++;
  if (end >= pattern.length) return undefined;
  return { class: classOf(pattern.slice(start, end)), next: end + 1 };
}

function classOf(content: readonly string[]): CharacterClass {
  const [first, ...others] = dropEmptyRanges(splitAtRanges(content));
  const negated = first?.[0] === '!';
  const ranges: [number, number][] = [];
  addCharacters(ranges, negated ? first.slice(1) : (first ?? []));
  for (const chunk of others) {
    const [high, ...rest] = chunk.map(codePoint);
    const low = ranges.at(-1);
    // A negated class whose first range was dropped: the hyphen then stands for itself.
    if (low === undefined) addCharacters(ranges, [HYPHEN, ...chunk]);
    else {
      low[1] = high as number;
      addCharacters(
        ranges,
        rest.map((point) => String.fromCodePoint(point)),
      );
    }
  }
  return { negated, ranges };
}

/** Cuts `a-cx-z` into `a`, `cx`, `z`: a hyphen makes a range unless it is first, last or follows a range directly. */
function splitAtRanges(content: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let from = 0;
  let hyphen = content.indexOf(HYPHEN, content[0] === '!' ? 2 : 1);
  while (hyphen >= 0) {
    chunks.push(content.slice(from, hyphen));
    from = hyphen + 1;
    hyphen = content.indexOf(HYPHEN, hyphen + 3);
  }
  if (from < content.length || chunks.length === 0) chunks.push(content.slice(from));
  else chunks.at(-1)?.push(HYPHEN);
  return chunks;
}

/** Python drops a range that runs backwards, together with its two ends, from the right. */
function dropEmptyRanges(chunks: string[][]): string[][] {
  for (let k = chunks.length - 1; k > 0; k--) {
    const left = chunks[k - 1] ?? [];
    const right = chunks[k] ?? [];
    if (codePoint(left.at(-1)) > codePoint(right[0]))
      chunks.splice(k - 1, 2, [...left.slice(0, -1), ...right.slice(1)]);
  }
  return chunks;
}

function addCharacters(ranges: [number, number][], characters: readonly string[]): void {
  for (const point of characters.map(codePoint)) ranges.push([point, point]);
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? -1;
}
