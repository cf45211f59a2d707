import { isObject, type JsonValue } from '#in-toto/json/value.js';

/** Text as Python's `json.dumps(value, sort_keys=True, indent=indent)` makes it: the in-toto tools write their files with it. */
export function pythonJson(value: JsonValue, indent?: number): string {
  return render(value, indent, '\n');
}

function render(value: JsonValue, indent: number | undefined, margin: string): string {
  if (typeof value === 'string') return asciiString(value);
  if (Array.isArray(value)) {
    return wrapped(
      '[',
      value.map((element) => render(element, indent, deeper(margin, indent))),
      ']',
      indent,
      margin,
    );
  }
  if (isObject(value)) {
    const members = Object.entries(value)
      .sort(([a], [b]) => compareCodePoints(a, b))
      .map(([name, element]) => `${asciiString(name)}: ${render(element, indent, deeper(margin, indent))}`);
    return wrapped('{', members, '}', indent, margin);
  }
  return String(value);
}

function wrapped(
  open: string,
  parts: string[],
  close: string,
  indent: number | undefined,
  margin: string,
): string {
  if (parts.length === 0) return open + close;
  if (indent === undefined) return open + parts.join(', ') + close;
  const inner = deeper(margin, indent);
  return open + inner + parts.join(`,${inner}`) + margin + close;
}

function deeper(margin: string, indent: number | undefined): string {
  return margin + ' '.repeat(indent ?? 0);
}

/** JSON.stringify escapes what it must; Python also escapes everything beyond printable ASCII. */
function asciiString(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
