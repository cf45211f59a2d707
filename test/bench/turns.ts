import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { READ_AT_ONCE_BYTES } from '#persistence/uploads/upload-reader.js';
import { freePort } from '../support/server-process.js';
import { createKey, link, signDsse } from '../support/supply-chain.js';
import { benchOptions } from './options.js';
import { figure, printEnvironment, table } from './report.js';
import { CHAIN, withProgram } from './service.js';
import { trustShapes } from './turns/trust-shapes.js';

/** How long a file of each kind, sent to the service as a stranger would, holds its event loop. */
const ROUNDS = 3;
const MIB = 1024 * 1024;
const BYTES = 10 * MIB - 1_000;
/** The largest file that is read on the event loop itself. */
const SMALL = READ_AT_ONCE_BYTES - 1_000;
const AT_ONCE = `${READ_AT_ONCE_BYTES / 1024} KiB`;
const mallory = createKey('ed25519', { seed: 'mallory' });
const hex = 'a'.repeat(64);

/** A link whose byproducts hold this text. */
const holding = (inner: string) =>
  `{"signatures":[{"keyid":"ff","sig":"00"}],"signed":{"_type":"link","byproducts":{"a":${inner}},"command":[],"environment":{},"materials":{},"name":"s","products":{}}}`;
const list = (item: string, bytes: number) =>
  `[${Array(Math.floor((bytes - 200) / (item.length + 1)))
    .fill(item)
    .join(',')}]`;
const members = (name: (i: number) => string, count: number) =>
  `{${Array.from({ length: count }, (_, i) => `"${name(i)}":0`).join(',')}}`;
const artifacts = (count: number) =>
  Array.from({ length: count }, (_, i) => `"p${i}":{"sha256":"${i.toString(16).padStart(64, '0')}"}`).join(
    ',',
  );
const envelope = (signatures: number, bytes: number) => {
  const file = JSON.parse(
    signDsse({ ...link('scan'), byproducts: { a: 'x'.repeat(bytes) } }, mallory).toString(),
  ) as { signatures: object[] };
  return JSON.stringify({ ...file, signatures: Array(signatures).fill(file.signatures[0]) });
};
const wrapped = (file: string) => `${JSON.stringify({ content: Buffer.from(file).toString('base64') })}\n`;
const manifest = (inner: string) =>
  `{"schemaVersion":2,"config":{"mediaType":"x","digest":"sha256:${hex}"},"layers":[],"x":${inner}}`;

const LINKS = '/links?run=turns';
const BATCH = '/links/batch?run=turns';
const MANIFESTS = '/subjects/manifests?';
const bigThen = (bytes: number) => `[12345678901234567890,${list('{}', bytes).slice(1)}`;
const unique = (count: number) => `[${Array.from({ length: count }, (_, i) => `{"k${i}":0}`).join(',')}]`;
const signatures = (bytes: number) => list('{"keyid":"1","sig":""}', bytes).slice(1, -1);
const shapes: [string, string, () => string][] = [
  ['a link of 4 KiB', LINKS, () => holding(`"${'x'.repeat(3_900)}"`)],
  ['empty objects', LINKS, () => holding(list('{}', BYTES))],
  ['integers', LINKS, () => holding(list('1', BYTES))],
  ['one big integer, then empty objects', LINKS, () => holding(bigThen(BYTES))],
  ['integers of 4,300 digits', LINKS, () => holding(list('9'.repeat(4_300), BYTES))],
  [
    'member names, reversed, astral',
    LINKS,
    () => holding(members((i) => `\u{10ffff}${9_999_999 - i}`, 390_000)),
  ],
  [
    'member names with \\u escapes',
    LINKS,
    () => holding(members((i) => `\\u0061${i.toString(36)}`, 390_000)),
  ],
  ['objects of one unique member', LINKS, () => holding(unique(190_000))],
  ['a string of 10 MiB', LINKS, () => holding(`"${'x'.repeat(BYTES)}"`)],
  ['white space', LINKS, () => `${' '.repeat(BYTES)}x`],
  [
    '100,000 products',
    LINKS,
    () => holding('0').replace('"products":{}', `"products":{${artifacts(100_000)}}`),
  ],
  ['300,000 signatures', LINKS, () => holding('0').replace('{"keyid":"ff","sig":"00"}', signatures(BYTES))],
  ['an envelope with 4,000 signatures in one name', LINKS, () => envelope(4_000, 3 * MIB)],
  [`${AT_ONCE}: empty objects`, LINKS, () => holding(list('{}', SMALL))],
  [`${AT_ONCE}: big integer, then empty objects`, LINKS, () => holding(bigThen(SMALL - 30))],
  [`${AT_ONCE}: white space`, LINKS, () => `${' '.repeat(SMALL)}x`],
  [
    `${AT_ONCE}: member names with \\u escapes`,
    LINKS,
    () => holding(members((i) => `\\u0061${i.toString(36)}`, Math.floor(SMALL / 14.3))),
  ],
  ['a batch of one line: empty objects', BATCH, () => `${holding(list('{}', BYTES))}\n`],
  ['a batch of one line, in base64: empty objects', BATCH, () => wrapped(holding(list('{}', BYTES)))],
  ['a manifest: empty objects', MANIFESTS, () => manifest(list('{}', 4 * MIB - 1_000))],
  ['a manifest: one string', MANIFESTS, () => manifest(`"${'x'.repeat(4 * MIB - 1_000)}"`)],
];

shapes.push(...trustShapes);

const options = benchOptions('how long an upload holds the event loop, shape by shape', {
  only: ['', 'shapes whose names have this; a regular expression'],
});
const only = options.only ?? '';

printEnvironment();
const probe = await freePort();
const environment = {
  NODE_OPTIONS: `--import ${fileURLToPath(new URL('./longest-turn.js', import.meta.url))}`,
  LONGEST_TURN_PORT: String(probe),
};
await withProgram(environment, async ({ url, operatorAuthorization: authorization }) => {
  const longestTurn = async () => Number(await (await fetch(`http://127.0.0.1:${probe}`)).text());
  const rows: (string | number)[][] = [];
  for (const [name, path, make] of shapes.filter(([name]) => new RegExp(only).test(name))) {
    const text = make();
    const body = gzipSync(text, { level: 1 });
    const turns: number[] = [];
    const answers = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      await longestTurn();
      const chain = path.includes('chain=') ? '' : `&chain=${encodeURIComponent(CHAIN)}`;
      const response = await fetch(`${url}${path}${chain}`, {
        method: 'POST',
        headers: {
          authorization,
          'content-encoding': 'gzip',
          'content-type': path === BATCH ? 'application/x-ndjson' : 'application/json',
        },
        body: new Uint8Array(body),
      });
      const [line = ''] = (await response.text()).split('\n');
      const { status = response.status, code = '' } = JSON.parse(line) as { status?: number; code?: string };
      answers.add(`${status} ${code}`.trim());
      turns.push(await longestTurn());
    }
    const [worst, best] = [Math.max(...turns), Math.min(...turns)];
    rows.push([name, figure(text.length / 1024), [...answers].join(', '), figure(worst), figure(best)]);
  }
  table(['shape', 'KiB', 'answers', `longest turn, ms of CPU, worst of ${ROUNDS}`, 'best'], rows);
});
