import type { Command } from 'commander';
import { connect, type Environment } from '../connect.js';
import { readInput } from '../files.js';
import { chainOption, jsonOption } from '../options.js';
import { show } from '../output.js';

interface Given {
  readonly run?: string;
  readonly attempt?: string;
  readonly subject?: string;
  readonly chain?: string;
  readonly json?: boolean;
}

export function addLinkCommands(links: Command, env: Environment): void {
  links.description('The signed records of steps.');

  links
    .command('post')
    .description('post a link, as the in-toto client wrote it')
    .argument('<file>', 'the link, e.g. build.3f9a1c07.link')
    .option('--run <name>', 'what names this execution of the pipeline, the same for all its steps')
    .option('--attempt <number>', 'how often the job has been performed')
    .option('--subject <digest>', 'a digest that shall be known from now on')
    .addOption(chainOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  $ custody links post build.3f9a1c07.link --run 4711 --chain acme/web',
    )
    .action(async (file: string, { json, ...query }: Given) => {
      const body = await readInput(file);
      const answer = await connect(env).post<{ id: string; step: string }>('/links', {
        query: { ...query },
        body,
      });
      show(answer, { json }, ({ step, id }) => `Link of ${step} stored: ${id}`);
    });
}
