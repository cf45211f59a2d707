import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ServiceClient } from '../service-client.js';
import { watchReplay } from './watch-replay.js';

const event = (state: string, done: number): string =>
  `event: progress\ndata: ${JSON.stringify({ id: '7', state, done, total: 2, flips: 0, rate: null, eta: null })}\n\n`;

describe('watching a replay', () => {
  const server = createServer();
  afterEach(() => void server.close());

  it('goes on where the connection breaks, until the replay is at rest', async () => {
    const streams = [
      (response: ServerResponse) => response.write(event('planned', 1), () => response.destroy()),
      (response: ServerResponse) => response.end(': nothing has moved\n\n'),
      (response: ServerResponse) => response.end(event('planned', 2) + event('ready', 2)),
    ];
    server.on('request', (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      streams.shift()?.(response);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const service = new ServiceClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'token');
    const shown: string[] = [];
    const last = await watchReplay(service, '7', {
      show: ({ state, done }) => void shown.push(`${state} ${done}`),
      end: () => void shown.push('end'),
    });
    expect(last).toMatchObject({ state: 'ready', done: 2 });
    expect(shown).toEqual(['planned 1', 'planned 2', 'ready 2', 'end']);
  });
});
