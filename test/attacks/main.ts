import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { loadConfig } from '#platform/config.js';
import { createLogger } from '#platform/logger.js';
import { startAllInOne } from '../../apps/all-in-one/start.js';
import { Reference } from '../differential/reference.js';
import { Client } from '../support/client.js';
import { referencePython } from '../support/reference-clients.js';
import { corpus } from './corpus.js';
import { play } from './play.js';
import { isAccepted, isAsExpected, isAttack, isStarved, type Result } from './scenario.js';
import { storeManyOf } from './store-many.js';
import type { Target, World } from './world.js';

const { values: options } = parseArgs({
  options: {
    flood: { type: 'string', default: '2000' },
    only: { type: 'string' },
  },
});

// An exit, unlike the default end by Ctrl-C, also ends the embedded database.
process.once('SIGINT', () => process.exit(130));

const reference = await startReference();
const failures = await withTarget(Number(options.flood), playAll);
reference?.stop();
process.exitCode = failures === 0 ? 0 : 1;

async function playAll(target: Target): Promise<number> {
  const results: Result[] = [];
  let failed = 0;
  let hung = 0;
  for (const [theme, scenarios] of Object.entries(corpus)) {
    const chosen = scenarios.filter(({ name }) => options.only === undefined || name.includes(options.only));
    if (chosen.length === 0) continue;
    line(`\n${theme}`, 'expected', 'got', 'in-toto-verify');
    for (const scenario of chosen) {
      const played = await play(scenario, target).catch((error: Error) => {
        process.stdout.write(`  ${error.message}\n`);
        failed += 1;
        if (scenario.starves) hung += 1;
      });
      if (!played) continue;
      const { result, world } = played;
      results.push(result);
      const mark = isAccepted(result) ? '  ACCEPTED' : isAsExpected(result) ? '' : '  NOT AS EXPECTED';
      line(`  ${scenario.name}`, scenario.expect, result.got, (await referenceSays(world)) + mark);
      if (mark) process.stdout.write(`    ${result.codes.join(', ')}\n`);
    }
  }
  const attacks = results.filter(({ scenario }) => isAttack(scenario));
  const surprises = results.filter((result) => !isAsExpected(result));
  process.stdout.write(
    `\n${attacks.length} attacks, ${results.length - attacks.length} honest pipelines; ` +
      `slowest decision ${Math.round(Math.max(...results.map(({ decided }) => decided)))} ms; ` +
      `${surprises.length + failed} not as expected\n` +
      `scenarios ${results.length}, accepted ${results.filter(isAccepted).length}, ` +
      `starved ${results.filter(isStarved).length + hung}\n`,
  );
  return surprises.length + failed;
}

function line(name: string, ...columns: string[]): void {
  process.stdout.write(
    `${[name.padEnd(84), ...columns.map((column) => column.padEnd(9))].join(' ').trimEnd()}\n`,
  );
}

/** What the reference implementation makes of the same files in one link directory. It is not asked about a digest. */
async function referenceSays(world: World): Promise<string> {
  const files = world.asDirectory();
  if (!reference || !files) return '-';
  const { layout, layoutKeys, links } = files;
  const question = { name: '', category: '', needs_inspection: false, parameters: null };
  const [answer] = await reference.answer([{ ...question, layout, layout_keys: layoutKeys, links }]);
  return answer?.outcome ?? '-';
}

async function startReference(): Promise<Reference | undefined> {
  const python = referencePython();
  if (!process.env.CUSTODY_PYTHON && !existsSync(python)) return undefined;
  return Reference.start(python).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    return undefined;
  });
}

async function withTarget<T>(flood: number, work: (target: Target) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'custody-attacks-'));
  const config = loadConfig({
    CUSTODY_DATA_DIR: join(scratch, 'data'),
    CUSTODY_PORT: '0',
    CUSTODY_LOG_LEVEL: 'warn',
  });
  const { app, url, firstToken, stopDatabase } = await startAllInOne(config, createLogger(config, 'attacks'));
  try {
    return await work({
      operator: new Client(url, firstToken),
      query: (sql, values) => app.get(DataSource).query(sql, values),
      storeMany: storeManyOf(app),
      flood,
    });
  } finally {
    await app.close();
    await stopDatabase();
    await rm(scratch, { recursive: true, force: true, maxRetries: 10 });
  }
}
