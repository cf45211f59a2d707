import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Histogram } from 'prom-client';
import { Config } from './config.js';
import { Readiness } from './health.js';
import { countAnswers, HeldAnswers } from './held-answers.js';
import { InputPipe } from './input-pipe.js';
import { NestLogger } from './logger.js';
import { Metrics } from './metrics.js';
import { describeApi } from './openapi.js';
import { ProblemFilter, sendProblem } from './problem-filter.js';
import { acceptRawBodies } from './request-body.js';
import { endSilentConnections } from './silent-connections.js';
import { Farewells, leaveBodiesUnread, leaveUnread } from './unread-body.js';
import { answerUnreadable, refuseOtherMethods } from './unrouted.js';

/** Builds the HTTP application of an app module, without listening: tests use it as it is. */
export async function createHttpApp(
  module: DynamicModule,
  config: Config,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const leaving = new Farewells();
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    // A logger of its own for each request would cost as much as answering it; what is logged names the request.
    childLoggerFactory: () => logger,
    bodyLimit: config.limits.linkBytes,
    // Else a client could say of itself whatever address it likes.
    trustProxy: config.http.trustedProxies.length > 0 ? [...config.http.trustedProxies] : false,
    routerOptions: { maxParamLength: 512, caseSensitive: true },
    // Bodies have limits of their own; Node's for the headers stays.
    requestTimeout: 0,
    keepAliveTimeout: 120_000,
    forceCloseConnections: 'idle',
    // What still comes over a kept connection was sent before its client could know; it is answered like any other.
    return503OnClosing: false,
    clientErrorHandler: answerUnreadable,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      leaveUnread(request, reply, leaving);
      sendProblem(error, request, reply);
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  const fastify = adapter.getInstance() as unknown as FastifyInstance;
  endSilentConnections(fastify);
  leaveBodiesUnread(fastify, leaving);
  acceptRawBodies(fastify, config.limits.linkBytes);
  countAnswers(fastify, app.get(HeldAnswers));
  observeRequests(fastify, app.get(Metrics), logger);
  endConnectionsWhenDraining(fastify, app.get(Readiness));
  refuseOtherMethods(fastify);
  serveDescription(fastify, app);
  app.useGlobalPipes(new InputPipe());
  app.useGlobalFilters(new ProblemFilter());
  await app.init();
  await fastify.ready();
  return app;
}

/** What the routes of this process are, for everybody: there is nothing secret in it. Made when first asked for. */
function serveDescription(fastify: FastifyInstance, app: INestApplication): void {
  let description: string | undefined;
  fastify.get('/openapi.json', (_request, reply) => {
    description ??= JSON.stringify(describeApi(app));
    return reply.header('content-type', 'application/json; charset=utf-8').send(description);
  });
}

/** Whoever keeps a connection is told with each answer to open its next one elsewhere; else the process would be kept, too. */
function endConnectionsWhenDraining(fastify: FastifyInstance, readiness: Readiness): void {
  fastify.addHook('preClose', async () => readiness.drain());
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (readiness.isDraining) {
      reply.header('connection', 'close');
    }
    done(null, payload);
  });
}

/** One metric and one debug line a request, by route and never by URL. */
function observeRequests(fastify: FastifyInstance, metrics: Metrics, logger: Logger): void {
  // Finding a metric by its labels takes longer than observing it. There are few routes, methods and statuses.
  const series = new Map<string, Histogram.Internal<string>>();
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'unknown';
    const status = String(reply.statusCode);
    const key = `${method} ${route} ${status}`;
    const histogram = series.get(key) ?? metrics.requests.labels(method, route, status);
    series.set(key, histogram);
    histogram.observe(reply.elapsedTime / 1_000);
    if (logger.isLevelEnabled('debug')) {
      const ms = Math.round(reply.elapsedTime);
      logger.debug({ id: request.id, method, route, status, ms }, 'request');
    }
    done();
  });
}

const SAME_SIGNAL_MS = 1_000;
const CLOSING_MS = 30_000;

/**
 * Runs until SIGTERM or SIGINT. Then `/readyz` says so while everything is still answered, for as long as balancers need
 * to notice; then it stops accepting, finishes what was accepted, and runs `afterClose`. A second signal ends the process
 * at once, unless it comes with the first: one to the process group comes twice, since npm passes its own on.
 */
export function closeOnSignal(
  app: INestApplication,
  logger: Logger,
  afterClose: () => Promise<void> = async () => {},
): void {
  let since: number | undefined;
  const close = async (signal: NodeJS.Signals): Promise<void> => {
    if (since !== undefined) {
      if (performance.now() - since > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    since = performance.now();
    logger.info({ signal }, 'stopping: finishing what was accepted');
    app.get(Readiness).drain();
    await sleep(app.get(Config).drainSeconds * 1_000);
    // Nothing that was acknowledged depends on an orderly end; who waits for this process does.
    setTimeout(() => {
      logger.error('could not finish in time: stopping all the same');
      void afterClose().finally(() => process.exit(1));
    }, CLOSING_MS).unref();
    setTimeout(() => process.exit(1), 2 * CLOSING_MS).unref();
    await app.close();
    await afterClose();
    logger.info('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      close(signal).catch((error: unknown) => {
        logger.fatal({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
    });
  }
}
