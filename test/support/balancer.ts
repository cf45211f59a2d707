import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What stands before several processes of one kind in production: it keeps connections, and asks who is ready. */
export interface Balancer {
  readonly url: string;
  /** From now on this process gets its share, whenever it says that it is ready. */
  add(url: string): Promise<void>;
  remove(url: string): void;
  stop(): Promise<void>;
}

interface Backend {
  readonly url: string;
  readonly agent: Agent;
  isReady: boolean;
}

const CHECK_EVERY_MS = 100;

/** Tries nothing twice: a request that a process drops is a request that failed. */
export async function startBalancer(): Promise<Balancer> {
  const backends = new Map<string, Backend>();
  let turn = 0;
  const next = (): Backend | undefined => {
    const ready = [...backends.values()].filter(({ isReady }) => isReady);
    turn += 1;
    return ready[turn % ready.length];
  };
  const server = createServer({ keepAliveTimeout: 120_000 }, (incoming, outgoing) =>
    forward(incoming, outgoing, next()),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');

  const check = setInterval(() => {
    for (const backend of backends.values()) void look(backend);
  }, CHECK_EVERY_MS);
  return {
    url: `http://127.0.0.1:${address.port}`,
    add: async (url) => {
      const backend = { url, agent: new Agent({ keepAlive: true }), isReady: false };
      backends.set(url, backend);
      while (!backend.isReady) {
        await look(backend);
        await sleep(20);
      }
    },
    remove: (url) => {
      backends.get(url)?.agent.destroy();
      backends.delete(url);
    },
    stop: async () => {
      clearInterval(check);
      for (const { agent } of backends.values()) agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function look(backend: Backend): Promise<void> {
  const answer = await fetch(`${backend.url}/readyz`).catch(() => undefined);
  await answer?.arrayBuffer();
  backend.isReady = answer?.status === 200;
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, backend: Backend | undefined): void {
  if (!backend) {
    incoming.resume();
    outgoing.writeHead(502).end('nobody is ready');
    return;
  }
  const onward = request(
    new URL(incoming.url ?? '/', backend.url),
    { method: incoming.method, headers: endToEnd(incoming), agent: backend.agent },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, endToEnd(answer));
      answer.pipe(outgoing);
    },
  );
  onward.on('error', (error) => {
    if (!outgoing.headersSent) outgoing.writeHead(502);
    outgoing.end(`${backend.url} dropped it: ${error.message}`);
  });
  incoming.pipe(onward);
}

/** The headers that are about the message and not about one connection (RFC 9110, 7.6.1). */
function endToEnd({ headers }: IncomingMessage): IncomingMessage['headers'] {
  const { connection, 'keep-alive': keepAlive, 'transfer-encoding': transferEncoding, ...rest } = headers;
  return rest;
}
