import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { visibleChain } from '#persistence/chains/visible-chain.js';
import { accessOf, admissionOf } from '#platform/access.js';
import { hasBody } from '#platform/announced-body.js';
import { Problem } from '#platform/problems.js';
import { AdmissionDesk } from './admission-desk.js';

/**
 * Whoever sends a body is asked for token, scope and chain before any of it is read: Nest's guards run when all of it is
 * there. The first hook of all, for it is added before any other.
 */
@Injectable()
export class BodyDoor {
  constructor(
    host: HttpAdapterHost,
    private readonly desk: AdmissionDesk,
    @Inject(DataSource) private readonly source: DataSource,
  ) {
    const fastify: FastifyInstance = host.httpAdapter.getInstance();
    fastify.addHook('onRequest', (request, _reply, done) => {
      if (request.is404 || !hasBody(request.raw)) {
        done();
        return;
      }
      this.letIn(request).then(() => done(), done);
    });
  }

  private async letIn(request: FastifyRequest): Promise<void> {
    const access = accessOf(request);
    await this.desk.letIn(request, access);
    const principal = admissionOf(request)?.principal;
    const { chain } = request.query as { readonly chain?: string | readonly string[] };
    if (principal && (chain !== undefined || access?.includes('ingest'))) {
      await visibleChain(this.source, principal, chainMeant(chain));
    }
  }
}

function chainMeant(chain: string | readonly string[] | undefined): string | undefined {
  if (typeof chain === 'object') {
    throw new Problem('QUERY_INVALID', { errors: [{ path: 'chain', message: 'is given more than once' }] });
  }
  return chain;
}
