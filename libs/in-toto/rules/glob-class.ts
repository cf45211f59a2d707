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
function dropEmptyRanges(chunks: readonly (readonly string[])[]): readonly (readonly string[])[] {
  // From right to left, each chunk backwards, so that the next one to the left is appended to it.
  const kept: string[][] = [];
  for (const chunk of chunks.toReversed()) {
    const right = kept.at(-1);
    if (right !== undefined && codePoint(chunk.at(-1)) > codePoint(right.at(-1))) {
      right.pop();
      for (const character of chunk.slice(0, -1).reverse()) right.push(character);
    } else kept.push(chunk.toReversed());
  }
  return kept.reverse().map((chunk) => chunk.reverse());
}

function addCharacters(ranges: [number, number][], characters: readonly string[]): void {
  for (const point of characters.map(codePoint)) ranges.push([point, point]);
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? -1;
}
