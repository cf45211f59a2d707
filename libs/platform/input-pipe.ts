import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { parseJson } from '#in-toto/index.js';
import { Problem } from './problems.js';
import { refuseUnstorable } from './refuse-unstorable.js';
import { bytesOf } from './request-body.js';
import { atMost, refuseLarger, UPLOAD_LIMITS } from './upload-limits.js';

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

function parseBody(value: unknown): unknown {
  const bytes = bytesOf(value);
  refuseLarger(bytes, 'The body of this request', UPLOAD_LIMITS.requestBytes);
  return parseJson(bytes, atMost(UPLOAD_LIMITS.requestValues));
}
