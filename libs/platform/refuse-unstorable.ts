import { Problem, type ProblemCode } from './problems.js';

/** What PostgreSQL holds in no text, and nobody means: NUL, and halves of surrogate pairs. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Throws for a value that no column could hold as it is. */
export function refuseUnstorable(value: unknown, code: ProblemCode, path: readonly string[] = []): void {
  if (typeof value === 'bigint') {
    refuse(code, path, 'is too large an integer');
  }
  if (typeof value === 'string' && UNSTORABLE.test(value)) {
    refuse(code, path, 'holds a NUL character or half of a surrogate pair');
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      refuseUnstorable(name, code, [...path, 'a name']);
      refuseUnstorable(member, code, [...path, name]);
    }
  }
}

function refuse(code: ProblemCode, path: readonly string[], message: string): never {
  throw new Problem(code, { errors: [{ path: path.join('.'), message }] });
}
