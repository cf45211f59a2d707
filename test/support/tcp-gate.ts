import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a program and one of its servers, as the network does, and lets nothing through when told so. */
export interface TcpGate {
  /** The address of the server, with the gate's port. */
  readonly url: string;
  /** From now on nothing passes, and nobody is told: as a server that is stopped, or behind a lost network. */
  shut(): void;
  /** What was held back passes. */
  open(): void;
  /** From now on new connections go there: the server came back at another address. */
  lead(serverUrl: string): void;
  stop(): Promise<void>;
}

export async function startTcpGate(serverUrl: string): Promise<TcpGate> {
  let target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isShut = false;
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isShut) from.pause();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port.');
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  return {
    url: url.href,
    shut: () => {
      isShut = true;
      for (const socket of sockets) socket.pause();
    },
    open: () => {
      isShut = false;
      for (const socket of sockets) socket.resume();
    },
    lead: (next) => {
      target = new URL(next);
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
