import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { parseJson } from '#in-toto/index.js';
import { Problem, type ProblemCode } from './problems.js';
import { bytesOf } from './request-body.js';

/**
 * Validates what a handler declares with `@Body({ schema })` or `@Query({ schema })`. Bodies arrive as the bytes that
 * were sent, since most of what this service receives is signed; those with a schema are parsed here, strictly, once.
 */
@Injectable()
export class InputPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    const schema = metadata.schema as z.ZodType | undefined;
    if (metadata.type === 'param') {
      refuseUnstorable(value, 'REQUEST_MALFORMED');
    }
    if (!schema) {
      return value;
    }
    const isBody = metadata.type === 'body';
    const code = isBody ? 'BODY_INVALID' : 'QUERY_INVALID';
    const given = isBody ? parseBody(value) : value;
    refuseUnstorable(given, code);
    const result = schema.safeParse(given);
    if (result.success) {
      return result.data;
    }
    throw new Problem(code, {
      errors: result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    });
  }
}

/** What PostgreSQL holds in no text, and nobody means: NUL, and halves of surrogate pairs. */
const UNSTORABLE = /[\0\p{Cs}]/u;

function refuseUnstorable(value: unknown, code: ProblemCode, path: readonly string[] = []): void {
  if (typeof value === 'string' && UNSTORABLE.test(value)) {
    throw new Problem(code, {
      errors: [{ path: path.join('.'), message: 'holds a NUL character or half of a surrogate pair' }],
    });
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      refuseUnstorable(name, code, [...path, 'a name']);
      refuseUnstorable(member, code, [...path, name]);
    }
  }
}

function parseBody(value: unknown): unknown {
  return parseJson(bytesOf(value));
}
