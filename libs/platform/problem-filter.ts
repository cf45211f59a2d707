import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { InTotoError } from '#in-toto/index.js';
import { isConnectionError, OutageError } from './outage.js';
import { Problem, type ProblemCode } from './problems.js';

/** Turns whatever was thrown into problem details. The message of an unknown error goes to the log, never to the client. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(error);
  if (problem.status >= 500) {
    request.log.error({ reqId: request.id, err: error, code: problem.code }, 'request failed');
  }
  if (reply.sent) {
    return;
  }
  const { retryAfter } = problem.details;
  if (retryAfter !== undefined) {
    reply.header('retry-after', String(retryAfter));
  } else if (problem.status === 503) {
    reply.header('retry-after', '2');
  }
  if (problem.status === 401) {
    reply.header('www-authenticate', 'Bearer realm="custody"');
  }
  reply
    .status(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem.toBody(request.id)));
}

/** The one place where errors of other layers become refusals. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  if (error instanceof InTotoError) {
    return new Problem(error.code, { detail: error.message, cause: error });
  }
  if (error instanceof OutageError) {
    return new Problem('UNAVAILABLE', {
      detail: `The ${error.part} does not answer.`,
      cause: error,
      retryAfter: 2,
    });
  }
  const thrown: Thrown = error ?? {};
  const code = fastifyCodes[thrown.code ?? ''] ?? statusCodes[statusOf(thrown)];
  if (code) {
    return new Problem(code, { cause: error });
  }
  return isConnectionError(error)
    ? new Problem('UNAVAILABLE', { cause: error, retryAfter: 2 })
    : new Problem('INTERNAL', { cause: error });
}

const fastifyCodes: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'REQUEST_MALFORMED',
  FST_ERR_BAD_URL: 'REQUEST_MALFORMED',
  FST_ERR_MAX_PARAM_LENGTH: 'REQUEST_MALFORMED',
  FST_ERR_ASYNC_CONSTRAINT: 'REQUEST_MALFORMED',
};

const statusCodes: Readonly<Record<number, ProblemCode>> = {
  400: 'REQUEST_MALFORMED',
  404: 'ROUTE_UNKNOWN',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
};

/** What errors of other layers may say of themselves. */
interface Thrown {
  readonly code?: string;
  readonly status?: unknown;
  readonly statusCode?: unknown;
}

function statusOf({ status, statusCode }: Thrown): number {
  return typeof status === 'number' ? status : typeof statusCode === 'number' ? statusCode : 0;
}
