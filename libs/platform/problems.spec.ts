import { describe, expect, it } from 'vitest';
import { InTotoError, type InTotoErrorCode } from '#in-toto/index.js';
import { toProblem } from './problem-filter.js';
import { Problem, type ProblemCode, problems } from './problems.js';

describe('the table of problems', () => {
  it.each(Object.entries(problems))(
    'says of %s what it is and what to do',
    (code, [status, title, remedy]) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(remedy).toMatch(/[.)]$/);
    },
  );
});

describe('the body of a refusal', () => {
  it('is problem details with a stable code, and the remedy for a detail where there is none', () => {
    expect(new Problem('DIGEST_INVALID').toBody('request-1')).toEqual({
      type: 'urn:custody:error:DIGEST_INVALID',
      title: 'The digest is not valid',
      status: 400,
      code: 'DIGEST_INVALID',
      detail: problems.DIGEST_INVALID[2],
      remedy: problems.DIGEST_INVALID[2],
      instance: 'request-1',
    });
  });

  it('tells the particulars, and never the cause', () => {
    const errors = [{ path: 'name', message: 'is too long' }];
    const problem = new Problem('BODY_INVALID', { detail: 'Bad name.', errors, cause: new Error('hush') });
    expect(problem.toBody('1')).toMatchObject({ detail: 'Bad name.', errors });
    expect(JSON.stringify(problem.toBody('1'))).not.toContain('hush');
  });
});

/** Each code of the in-toto library; the compiler says when one is missing here. */
const inTotoCodes: Record<InTotoErrorCode, true> = {
  JSON_INVALID: true,
  JSON_FLOAT: true,
  JSON_TOO_DEEP: true,
  JSON_TOO_LARGE: true,
  METADATA_INVALID: true,
  SIGNATURE_MALFORMED: true,
  KEY_INVALID: true,
};

describe('an error of another layer', () => {
  it.each(Object.keys(inTotoCodes) as InTotoErrorCode[])(
    'of in-toto, %s, is a refusal of that code',
    (code) => {
      const problem = toProblem(new InTotoError(code, 'the third byte is odd'));
      expect(problem).toMatchObject({ code, status: problems[code][0], message: 'the third byte is odd' });
      expect(problem.status).toBeLessThan(500);
    },
  );

  it.each<[string, object, ProblemCode]>([
    ['a body above the limit', { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 'BODY_TOO_LARGE'],
    ['another content type', { code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' }, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a bad address', { code: 'FST_ERR_BAD_URL' }, 'REQUEST_MALFORMED'],
    ['no such route', { status: 404, message: 'Cannot GET /x' }, 'ROUTE_UNKNOWN'],
    ['a database that is away', { code: 'ECONNREFUSED' }, 'UNAVAILABLE'],
    ['a database that is full', { code: '53300' }, 'UNAVAILABLE'],
    ['a database that shuts down', { code: '57P01' }, 'UNAVAILABLE'],
    ['a pool that is used up', { message: 'timeout exceeded when trying to connect' }, 'UNAVAILABLE'],
    ['a fault in a statement', { code: '42601', message: 'syntax error at hush' }, 'INTERNAL'],
    ['anything else', new TypeError('hush is not a function'), 'INTERNAL'],
  ])('that tells of %s is %o → %s', (_, error, code) => {
    const problem = toProblem(error);
    expect(problem.code).toBe(code);
    expect(JSON.stringify(problem.toBody('1'))).not.toContain('hush');
  });

  it.each([undefined, null, 'hush', 7])('that is no error but %j is a failure of the service', (thrown) => {
    expect(toProblem(thrown).code).toBe('INTERNAL');
  });
});
