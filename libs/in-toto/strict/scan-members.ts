/** What no parser tells: members that were overwritten by later ones, and numbers by how they are written. */
export interface MemberScan {
  /** Where they stand, `signed/products`; at most `MOST`. */
  readonly duplicates: readonly string[];
  readonly floats: readonly string[];
}

const MOST = 10;

const [QUOTE, BACKSLASH, COMMA, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = Buffer.from('"\\,{}[]');

interface Level {
  /** Member names seen so far; none for a list. */
  readonly names: Set<string> | undefined;
  /** The member or position that is being read. */
  at: string | number;
  expectsName: boolean;
}

/** Scans a JSON text, once and without recursion. The text has already been parsed, so faults in it are not looked for. */
export function scanMembers(text: Uint8Array): MemberScan {
  const levels: Level[] = [];
  const duplicates: string[] = [];
  const floats: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const level = levels.at(-1);
    switch (text[i]) {
      case QUOTE: {
        const start = i + 1;
        i = endOfString(text, start);
        if (level?.expectsName) enterMember(level, nameOf(text.subarray(start, i)), levels, duplicates);
        break;
      }
      case OPEN_OBJECT:
        levels.push({ names: new Set(), at: '', expectsName: true });
        break;
      case OPEN_LIST:
        levels.push({ names: undefined, at: 0, expectsName: false });
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        levels.pop();
        break;
      case COMMA:
        if (typeof level?.at === 'number') level.at++;
        else if (level) level.expectsName = true;
        break;
      default:
        if (startsNumber(text[i])) {
          const start = i;
          while (isWithinNumber(text[i + 1])) i++;
          if (isFloat(text.subarray(start, i + 1))) add(floats, pathOf(levels));
        }
    }
  }
  return { duplicates, floats };
}

function enterMember(level: Level, name: string, levels: readonly Level[], duplicates: string[]): void {
  level.at = name;
  level.expectsName = false;
  if (level.names?.has(name)) add(duplicates, pathOf(levels));
  level.names?.add(name);
}

/** The position of the closing quote, or the end of a text that has none. */
function endOfString(text: Uint8Array, start: number): number {
  let i = start;
  while (i < text.length && text[i] !== QUOTE) i += text[i] === BACKSLASH ? 2 : 1;
  return i;
}

const utf8 = new TextDecoder();

/** `"a"` and `"\u0061"` are one name. */
function nameOf(content: Uint8Array): string {
  const text = utf8.decode(content);
  return text.includes('\\') ? unescaped(text) : text;
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}

const NUMBER_BYTES = new Set(Buffer.from('0123456789+-.eENaInfity'));

/** Digits, `-`, and the `N` and `I` of the NaN and Infinity that Python's parser takes. */
function startsNumber(byte: number | undefined): boolean {
  return (
    byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x4e || byte === 0x49)
  );
}

function isWithinNumber(byte: number | undefined): boolean {
  return byte !== undefined && NUMBER_BYTES.has(byte);
}

function isFloat(lexeme: Uint8Array): boolean {
  return /[.eENI]/.test(String.fromCharCode(...lexeme.subarray(0, 400)));
}

function add(paths: string[], path: string): void {
  if (paths.length < MOST) paths.push(path);
}

function pathOf(levels: readonly Level[]): string {
  return levels.map(({ at }) => at).join('/');
}
