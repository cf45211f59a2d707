import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { Admitted } from '#platform/access.js';
import { hasBody } from '#platform/announced-body.js';
import { Readiness } from '#platform/health.js';
import { AnswerCache } from './answer-cache.js';
import type { ReadyAnswer } from './ready-answer.js';
import { mayBeKept, respondAtOnce, responseOf } from './respond.js';

const ROUTE = '/verdicts/:digest';
const ALGORITHM = 'sha256:';

type Request = FastifyRequest<{ Params: { digest: string }; Querystring: Record<string, unknown> }>;

/**
 * Answers the hottest question before the framework sees it, if nothing is left to find out: the guard remembers the
 * token, it is bound to the chain that is asked, and the cache has the answer. Everything else, and every refusal, is
 * left to the controller; metrics and log are those of every route.
 */
@Injectable()
export class ReadyRoute {
  constructor(
    host: HttpAdapterHost,
    private readonly admitted: Admitted,
    private readonly cache: AnswerCache,
    private readonly readiness: Readiness,
  ) {
    const fastify: FastifyInstance = host.httpAdapter.getInstance();
    fastify.addHook('onRoute', (route) => {
      if (route.url === ROUTE && route.method === 'GET') {
        route.handler = this.before(route.handler);
      }
    });
  }

  private before(handler: RouteHandlerMethod): RouteHandlerMethod {
    const answerOf = (request: FastifyRequest) => this.find(request as Request);
    return function (this: FastifyInstance, request: FastifyRequest, reply: FastifyReply) {
      const answer = answerOf(request);
      if (!answer) {
        return handler.call(this, request, reply);
      }
      respondAtOnce(reply, responseOf(answer, request.headers['if-none-match']));
      return reply;
    };
  }

  private find({ headers, params, query, raw }: Request): ReadyAnswer | undefined {
    // While draining, its client is to be told to open its next connection elsewhere; and somebody has to end a body.
    if (this.readiness.isDraining || hasBody(raw) || !mayBeKept(headers['cache-control'])) {
      return undefined;
    }
    const chain = this.admitted.lookUp(headers.authorization, 'read')?.chain;
    return chain && params.digest.startsWith(ALGORITHM) && asksOnlyFor(chain.name, query)
      ? this.cache.peek(chain.id, params.digest.slice(ALGORITHM.length))
      : undefined;
  }
}

function asksOnlyFor(chain: string, query: Record<string, unknown>): boolean {
  for (const name in query) {
    if (name !== 'chain' || query[name] !== chain) {
      return false;
    }
  }
  return true;
}
