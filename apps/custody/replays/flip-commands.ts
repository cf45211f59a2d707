import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Command } from 'commander';
import type { FlipPage } from '#replays/replay-reports.js';
import { connect, type Environment } from '../connect.js';
import { writeOutput } from '../files.js';
import { jsonOption } from '../options.js';
import { note, show } from '../output.js';
import { describeFlips } from './describe-replay.js';

interface Given {
  readonly csv?: string;
  readonly limit: string;
  readonly cursor?: string;
  readonly json?: boolean;
}

export function addFlipCommands(replays: Command, env: Environment): void {
  replays
    .command('flips')
    .description('show whose outcome changes and why: first those that would pass no more')
    .argument('<id>', 'the replay')
    .option('--csv <file>', 'write all of them there, for a spreadsheet')
    .option('--limit <count>', 'at most so many, 1 to 1000', '100')
    .option('--cursor <cursor>', 'the `next` of the page before, from --json')
    .addOption(jsonOption())
    .action(async (id: string, { csv, limit, cursor, json }: Given) => {
      const service = connect(env);
      const path = `/replays/${encodeURIComponent(id)}/flips`;
      if (csv !== undefined) {
        const response = await service.open('GET', path, { accept: 'text/csv' });
        await writeOutput(csv, Readable.fromWeb(response.body as ReadableStream));
        note(`The flips of replay ${id} are in ${csv}.`);
        return;
      }
      show(await service.get<FlipPage>(path, { limit, cursor }), { json }, describeFlips);
    });
}
