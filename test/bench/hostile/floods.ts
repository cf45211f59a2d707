import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { link } from '../../support/supply-chain.js';
import { head, keepOpen, LINES } from './connections.js';
import { count, type Order, type Tally } from './order.js';

/** Small links, each about another digest that nobody has heard of, in the name of somebody whose links count. */
export function forgeLinks(order: Order, tally: Tally): void {
  const signatures = [{ keyid: order.keyid, sig: '00'.repeat(64) }];
  const file = JSON.stringify({ signatures, signed: link('scan', { byproducts: { n: '@' } }) });
  flood(order, tally, () => {
    const n = randomBytes(8).toString('hex');
    const subject = createHash('sha256').update(n).digest('hex');
    return { path: `/links?run=${n}&subject=sha256:${subject}`, body: Buffer.from(file.replace('@', n)) };
  });
}

/** The largest links that are taken, each in another run. Every other one is packed. */
export function postHeavyLinks(order: Order, tally: Tally): void {
  const bodies = order.links.flatMap((body) => [
    { body },
    { body: gzipSync(body, { level: 1 }), encoding: 'gzip' },
  ]);
  let at = 0;
  flood(order, tally, () => {
    const next = bodies[at % bodies.length] ?? { body: Buffer.alloc(0) };
    at += 1;
    return { ...next, path: `/links?run=${randomBytes(8).toString('hex')}` };
  });
}

/** Batches that never end, with a line a second. */
export function dripBatches({ port, authorization, connections }: Order, tally: Tally): void {
  for (let n = 0; n < connections; n += 1) {
    void keepOpen(port, n, tally, (send) => {
      const fields = [`authorization: ${authorization}`, LINES, 'transfer-encoding: chunked'];
      send(head('POST', '/links/batch?run=drip', ...fields));
      return () => send('3\r\n{}\n\r\n');
    });
  }
}

interface Posting {
  readonly path: string;
  readonly body: Buffer;
  readonly encoding?: string;
}

/** As many at a time as there are connections, each as soon as the one before is answered, whatever the answer. */
function flood({ port, authorization, connections }: Order, tally: Tally, next: () => Posting): void {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const post = ({ path, body, encoding }: Posting): Promise<string> =>
    new Promise((resolve) => {
      const headers = {
        authorization,
        'content-type': 'application/json',
        ...(encoding ? { 'content-encoding': encoding } : {}),
      };
      const to = { host: '127.0.0.1', port, path, method: 'POST', agent, headers };
      const sent = request(to, (response) => {
        response.resume().on('close', () => resolve(String(response.statusCode)));
      });
      // Not at once again, or what counts is how often a connection can be refused.
      sent.on('error', () => setTimeout(resolve, 100, 'failed'));
      sent.end(body);
    });
  const loop = async (): Promise<void> => {
    for (;;) {
      const posting = next();
      tally.bytes += posting.body.length;
      count(tally, await post(posting));
    }
  };
  for (let n = 0; n < connections; n += 1) void loop();
}
