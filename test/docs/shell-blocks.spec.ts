import { describe, expect, it } from 'vitest';
import { matchesShown, shellBlocks } from './shell-blocks.js';

describe('the blocks of a document', () => {
  it('have their line, their commands, how they end, and what they show', () => {
    const blocks = shellBlocks(
      [
        '# Title',
        '```sh',
        'one',
        'two',
        '```',
        '',
        '```text',
        'shown',
        '```',
        '```sh exit=1',
        'three',
        '```',
        '',
      ].join('\n'),
    );
    expect(blocks).toEqual([
      { line: 2, commands: 'one\ntwo\n', exitCode: 0, shown: 'shown\n' },
      { line: 10, commands: 'three\n', exitCode: 1, shown: undefined },
    ]);
  });

  it('do not take another text for what they show', () => {
    const [block] = shellBlocks('```sh\none\n```\n\nSome words.\n\n```text\nshown\n```\n');
    expect(block?.shown).toBeUndefined();
  });
});

describe('what is shown', () => {
  it.each([
    ['the same', 'pass, allowed\n', 'pass, allowed\n'],
    ['other columns', 'ID   NAME\n1    x\n\n', 'ID NAME\n1  x\n'],
    ['a part that differs', 'event 17: done.\n', 'event …: done.\n'],
    ['lines in between', 'a\nb\nc\nd\n', 'a\n…\nd\n'],
    ['no line in between', 'a\nd\n', 'a\n…\nd\n'],
  ])('is printed: %s', (_, output, shown) => {
    expect(matchesShown(output, shown)).toBe(true);
  });

  it.each([
    ['another word', 'fail, not allowed\n', 'pass, allowed\n'],
    ['more after it', 'a\nb\n', 'a\n'],
    ['more before it', 'b\na\n', 'a\n'],
    ['a pattern that is none', 'aXb\n', 'a.b\n'],
    ['a placeholder across lines', 'event 17:\ndone.\n', 'event … done.\n'],
    ['nothing', '', 'a\n'],
  ])('is not printed: %s', (_, output, shown) => {
    expect(matchesShown(output, shown)).toBe(false);
  });
});
