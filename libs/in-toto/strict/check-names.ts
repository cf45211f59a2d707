import { isString, type JsonValue } from '../json/value.js';
import { refuse, type StrictIssue, someOf } from './issues.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[/\\\u0000-\u001f\u007f]|\.\./;

const FIX = 'Use a short name of letters, digits, "-", "_" and single dots.';

/** Names of steps become names of link files and of directories (in-toto 1.0, 4.4.1). */
export function checkName(name: JsonValue, where: string): StrictIssue[] {
  if (!isString(name)) return [refuse('NAME_NOT_TEXT', where, FIX)];
  if (name === '') return [refuse('NAME_EMPTY', where, FIX)];
  return UNSAFE.test(name) ? [refuse('NAME_UNSAFE', where, FIX, someOf([name]))] : [];
}

/** `.` and `..` as a part, an empty part, a backslash: paths that other tools would resolve and in-toto does not. */
export function isNormalPath(path: string): boolean {
  return (
    !path.includes('\\') &&
    path.split('/').every((part, i) => part !== '.' && part !== '..' && (part !== '' || i === 0))
  );
}
