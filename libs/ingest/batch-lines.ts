import { Problem } from '#platform/problems.js';

export interface Line {
  /** From 1. */
  readonly number: number;
  readonly bytes: Buffer;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = /^\s*$/;
/** They cost as much to find as others, are not answered, and a megabyte of them is a kilobyte of gzip. */
const BLANK_AT_MOST = 1_000;

/**
 * The lines of a body as it comes; blank ones are counted and passed over, up to a bound. No more of it is held than one
 * line, and the first that is longer than allowed ends the reading: nobody knows how long it is.
 */
export async function* linesOf(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<Line> {
  let number = 0;
  let blank = 0;
  let begun: Buffer[] = [];
  let length = 0;
  const finish = (end: Buffer): Line => {
    const bytes = begun.length === 0 ? end : Buffer.concat([...begun, end]);
    begun = [];
    length = 0;
    number += 1;
    return { number, bytes: bytes.at(-1) === CARRIAGE_RETURN ? bytes.subarray(0, -1) : bytes };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = finish(chunk.subarray(start, end));
      refuseLonger(line.bytes.length, maxBytes, line.number);
      if (!isBlank(line.bytes)) {
        yield line;
      } else {
        blank += 1;
        refuseMoreBlank(blank, line.number);
      }
      start = end + 1;
    }
    begun.push(chunk.subarray(start));
    length += chunk.length - start;
    refuseLonger(length, maxBytes, number + 1);
  }
  const last = finish(Buffer.alloc(0));
  if (!isBlank(last.bytes)) yield last;
}

function refuseLonger(length: number, maxBytes: number, number: number): void {
  if (length > maxBytes) {
    throw new Problem('BODY_TOO_LARGE', {
      detail: `Line ${number} is longer than any link may be; nothing from there on was read.`,
    });
  }
}

function refuseMoreBlank(blank: number, number: number): void {
  if (blank > BLANK_AT_MOST) {
    throw new Problem('BODY_INVALID', {
      detail: `A batch has ${BLANK_AT_MOST} blank lines at most; nothing from line ${number} on was read.`,
    });
  }
}

function isBlank(bytes: Buffer): boolean {
  return bytes.length <= 16 && BLANK.test(bytes.toString('latin1'));
}
