import { type JsonObject, type JsonValue, parseJson } from '#in-toto/index.js';
import { Problem } from '#platform/problems.js';

/** A line of a batch that carries the bytes of a link, `{"content": BASE64, …}`. */
export interface WrappedLink {
  readonly content: Buffer;
  /** What stands beside them, as it was given. */
  readonly others: JsonObject;
}

const MARK = Buffer.from('"content"');
/** A wrapping has four members, and nothing in them. */
const WRAPPING = { maxDepth: 4, maxValues: 16 };
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Quickly told: false when the line cannot wrap a link, whatever is in it. */
export function mayWrap(line: Buffer): boolean {
  return line.includes(MARK);
}

/** What the line wraps; undefined when it is a file by itself. Only what wraps a link is parsed here. */
export function unwrapLink(line: Buffer): WrappedLink | undefined {
  if (!mayWrap(line) || !hasContentMember(line)) {
    return undefined;
  }
  const { content, ...others } = parseJson(line, WRAPPING) as { [name: string]: JsonValue };
  if (typeof content !== 'string' || !isBase64(content)) {
    throw new Problem('BODY_INVALID', { detail: 'content: not the bytes of a link in base64' });
  }
  return { content: Buffer.from(content, 'base64'), others };
}

const [QUOTE, BACKSLASH, COLON, COMMA] = Buffer.from('"\\:,');
const OPEN = new Set(Buffer.from('{['));
const CLOSE = new Set(Buffer.from('}]'));

/** Has the outermost object a member of that name? The line need not be JSON. */
function hasContentMember(line: Buffer): boolean {
  let depth = 0;
  let name: Buffer | undefined;
  for (let i = 0; i < line.length; i++) {
    const byte = line[i] as number;
    if (byte === QUOTE) {
      const start = i;
      for (i++; i < line.length && line[i] !== QUOTE; i++) {
        if (line[i] === BACKSLASH) i++;
      }
      name = depth === 1 ? line.subarray(start, i + 1) : undefined;
    } else if (byte === COLON) {
      if (depth === 1 && name?.equals(MARK)) return true;
    } else if (byte === COMMA) {
      name = undefined;
    } else if (OPEN.has(byte)) {
      depth++;
    } else if (CLOSE.has(byte)) {
      depth--;
    }
  }
  return false;
}

/** In pieces: the expression is recursive in some engines, and a link may have megabytes. */
function isBase64(text: string): boolean {
  const PIECE = 65_536;
  for (let start = 0; start < text.length; start += PIECE) {
    const piece = text.slice(start, start + PIECE);
    const isLast = start + PIECE >= text.length;
    if (!BASE64.test(piece) || (!isLast && piece.endsWith('='))) return false;
  }
  return true;
}
