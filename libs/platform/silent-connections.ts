import type { FastifyInstance } from 'fastify';

/** For whoever was about to ask when the process began to close. */
const PATIENCE_MS = 1_000;

/**
 * A connection on which nobody has asked anything yet, or no more than half a question, is not idle to Node: a server that
 * closes would wait for it as long as its client likes. It ends when it is the only kind that is left.
 */
export function endSilentConnections(fastify: FastifyInstance, patienceMs = PATIENCE_MS): void {
  let underWay = 0;
  let isOver = false;
  const endSilent = (): void => {
    if (isOver && underWay === 0) fastify.server.closeAllConnections();
  };
  fastify.addHook('onRequest', (_request, reply, done) => {
    underWay += 1;
    reply.raw.once('close', () => {
      underWay -= 1;
      endSilent();
    });
    done();
  });
  fastify.addHook('preClose', async () => {
    setTimeout(() => {
      isOver = true;
      endSilent();
    }, patienceMs).unref();
  });
}
