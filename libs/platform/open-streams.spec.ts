import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Principal } from './access.js';
import { OpenStreams, STREAMS_AT_MOST } from './open-streams.js';

const ci: Principal = { name: 'ci', tokenId: 'ci', scopes: ['ingest'], chain: null };
const operator: Principal = { name: 'operator', tokenId: 'operator', scopes: ['operate'], chain: null };
const answer = () => new ServerResponse(new IncomingMessage(new Socket()));

describe('the streams that a token has open', () => {
  const openAll = (streams: OpenStreams) =>
    Array.from({ length: STREAMS_AT_MOST }, () => {
      const opened = answer();
      streams.enter(ci, opened);
      return opened;
    });

  it('are so many and no more, and none of another token', () => {
    const streams = new OpenStreams();
    openAll(streams);
    const oneMore = () => streams.enter(ci, answer());
    expect(oneMore).toThrow(expect.objectContaining({ code: 'STREAMS_TOO_MANY', status: 429 }));
    expect(() => streams.enter(operator, answer())).not.toThrow();
  });

  it('make room when they end', () => {
    const streams = new OpenStreams();
    const [first] = openAll(streams);
    first?.emit('close');
    expect(() => streams.enter(ci, answer())).not.toThrow();
  });

  it('are not those whose clients went away before they were opened', () => {
    const streams = new OpenStreams();
    for (let n = 0; n < 2 * STREAMS_AT_MOST; n += 1) {
      const gone = answer();
      gone.destroy();
      streams.enter(ci, gone);
    }
    expect(() => streams.enter(ci, answer())).not.toThrow();
  });
});
