import { describe, expect, it } from 'vitest';
import { unwrapLink } from './wrapped-link.js';

const line = (text: string) => Buffer.from(text);
const code = (text: string) => {
  try {
    return unwrapLink(line(text));
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('a line of a batch', () => {
  it('wraps a link in base64, with its circumstances beside it', () => {
    expect(unwrapLink(line('{"run": "1", "content": "e30=", "attempt": 2}'))).toEqual({
      content: line('{}'),
      others: { run: '1', attempt: 2 },
    });
  });

  it.each([
    '{"signed": {"products": {"content": {"sha256": "00"}}}, "signatures": []}',
    '{"signed": {}, "signatures": [], "a": "content"}',
    '{"a": "\\"content\\": 1"}',
    '["content", 1]',
    '"content"',
    'no JSON at all',
    '{"payload": "e30="}',
  ])('is a file by itself: %s', (text) => {
    expect(unwrapLink(line(text))).toBeUndefined();
  });

  it.each([
    ['what is no base64', '{"content": "e30"}', 'BODY_INVALID'],
    ['base64 with an end in its middle', `{"content": "${'e30='.repeat(2)}"}`, 'BODY_INVALID'],
    ['what is no text', '{"content": 1}', 'BODY_INVALID'],
    ['half a line', '{"content": "e30="', 'JSON_INVALID'],
    [
      'more than a link and its circumstances',
      `{"content": "", "a": [${'{},'.repeat(50)}{}]}`,
      'JSON_TOO_LARGE',
    ],
  ])('is refused for wrapping %s', (_what, text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it('wraps a link of megabytes', () => {
    const content = Buffer.alloc(3_000_001, 'link');
    const wrapped = unwrapLink(line(JSON.stringify({ content: content.toString('base64') })));
    expect(wrapped?.content.equals(content)).toBe(true);
  });
});
