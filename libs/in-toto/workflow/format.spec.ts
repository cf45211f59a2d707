import { describe, expect, it } from 'vitest';
import { workOf } from '../rules/work.js';
import { FormatRefused, formatText } from './format.js';

const values = new Map([
  ['X', 'foo'],
  ['Y', 'a'],
  ['U', "\u00e9'\u{1F600}\n"],
  ['Q', "it's"],
  ['B', '{X}'],
]);
const format = (text: string) => formatText(text, values, workOf(100_000));

describe('placeholders', () => {
  // What Python 3.11 makes of them.
  it.each([
    ['{X}', 'foo'],
    ['a{X}b', 'afoob'],
    ['{{X}}', '{X}'],
    ['{X}{Y}', 'fooa'],
    ['{X!r}', "'foo'"],
    ['{X!s}', 'foo'],
    ['{U!r}', '"\u00e9\'\u{1F600}\\n"'],
    ['{U!a}', '"\\xe9\'\\U0001f600\\n"'],
    ['{Q!r}', '"it\'s"'],
    ['{X:>5}', '  foo'],
    ['{X:<5}|', 'foo  |'],
    ['{X:^6}', ' foo  '],
    ['{X:*^7}', '**foo**'],
    ['{X:\u{1F600}^5}', '\u{1F600}foo\u{1F600}'],
    ['{X:.2}', 'fo'],
    ['{U:.2}', "\u00e9'"],
    ['{X:5.2}|', 'fo   |'],
    ['{X:05}', 'foo00'],
    ['{X:<05}', 'foo00'],
    ['{X:s}', 'foo'],
    ['{X:}', 'foo'],
    ['{X!r:>8}', "   'foo'"],
    ['{B}', '{X}'],
  ])('%j becomes %j as in Python', (text, expected) => {
    expect(format(text)).toBe(expected);
  });

  it.each(['{}', '{0}', '{1}', '{Z}', '{ X}', '{X }'])('%j has no value', (text) => {
    expect(() => format(text)).toThrow(expect.objectContaining({ code: 'PARAMETER_MISSING' }));
  });

  it.each(['{', '}', '{X', 'a}b', '{X!z}', '{X!}', '{X:d}', '{X:+}', '{X:=5}', '{X:,}', '{X:z}'])(
    '%j is malformed',
    (text) => {
      expect(() => format(text)).toThrow(FormatRefused);
    },
  );

  it.each(['{X.__class__}', '{X[0]}', '{X:{Y}}', '{X:99999}'])(
    'refuses %j, which Python would follow',
    (text) => {
      expect(() => format(text)).toThrow(expect.objectContaining({ code: 'PARAMETER_FORMAT' }));
    },
  );
});
