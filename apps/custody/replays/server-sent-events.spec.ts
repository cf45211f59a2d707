import { describe, expect, it } from 'vitest';
import { eventData } from './server-sent-events.js';

async function read(...chunks: Uint8Array[]): Promise<string[]> {
  const data: string[] = [];
  for await (const event of eventData(
    (async function* () {
      yield* chunks;
    })(),
  ))
    data.push(event);
  return data;
}

describe('a stream of events', () => {
  const text = 'event: progress\ndata: {"owner":"Zoë"}\n\n: still here\n\nevent: progress\ndata: 2\n\n';

  it('is read event by event, without comments', async () => {
    expect(await read(Buffer.from(text))).toEqual(['{"owner":"Zoë"}', '2']);
  });

  it('is read the same wherever it is cut, also within a character', async () => {
    const bytes = Buffer.from(text);
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual(['{"owner":"Zoë"}', '2']);
    }
  });

  it('has no half event at its end', async () => {
    expect(await read(Buffer.from('data: 1\n\ndata: 2'))).toEqual(['1']);
  });
});
