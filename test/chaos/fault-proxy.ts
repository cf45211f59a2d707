import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { errorAnswer } from '../support/s3-double-answers.js';

/** What a blob store does on its bad days. */
export const blobFaults = [
  'internal-error',
  'slow-down',
  /** Taken, and never answered. */
  'hang',
  'reset',
  /** The connection breaks after it happened, so that the client cannot know. */
  'reset-after-effect',
  /** Half of what is sent arrives, in either direction. */
  'truncated-body',
] as const;
export type BlobFault = (typeof blobFaults)[number];

/** Stands before a real S3 server. Requests pass as they are, signatures and all, but for those that a fault hits. */
export interface FaultProxy {
  readonly endpoint: string;
  inject(fault: BlobFault): void;
  heal(): void;
  stop(): Promise<void>;
}

/** While a fault lasts, one request in so many passes: a store that only sometimes fails is the harder one. */
const PASSES = 4;

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let fault: BlobFault | undefined;
  let requests = 0;
  const server = createServer(async (incoming, outgoing) => {
    requests += 1;
    const hit = requests % PASSES === 0 ? undefined : fault;
    await pass(target, incoming, outgoing, hit).catch(() => incoming.socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    inject: (next) => {
      fault = next;
    },
    heal: () => {
      fault = undefined;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function pass(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: BlobFault | undefined,
): Promise<void> {
  if (fault === 'reset') return void incoming.socket.resetAndDestroy();
  const body = await buffer(incoming);
  if (fault === 'hang') return;
  if (fault === 'internal-error' || fault === 'slow-down') return refuse(outgoing, fault);
  if (fault === 'truncated-body' && body.length > 0) {
    const asked = ask(target, incoming);
    asked.write(body.subarray(0, body.length / 2), () => {
      asked.destroy();
      incoming.socket.destroy();
    });
    return;
  }
  const asked = ask(target, incoming);
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const content = await buffer(answer);
  if (fault === 'reset-after-effect') return void incoming.socket.resetAndDestroy();
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  if (fault === 'truncated-body' && content.length > 0) {
    outgoing.write(content.subarray(0, content.length / 2), () => incoming.socket.destroy());
    return;
  }
  outgoing.end(content);
}

/** The same request, under the name that it was signed for. */
function ask(target: string, { method, url, headers }: IncomingMessage) {
  return request(new URL(url ?? '/', target), { method, headers, setHost: false, agent: false }).on(
    'error',
    () => {},
  );
}

function refuse(outgoing: ServerResponse, fault: 'internal-error' | 'slow-down'): void {
  const answer = fault === 'slow-down' ? errorAnswer(503, 'SlowDown') : errorAnswer(500, 'InternalError');
  outgoing.writeHead(answer.status).end(answer.body);
}
