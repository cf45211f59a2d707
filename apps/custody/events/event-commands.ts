import type { Command } from 'commander';
import type { EventInfo } from '#trust/event-info.js';
import { connect, type Environment } from '../connect.js';
import { chainOption, jsonOption } from '../options.js';
import { show } from '../output.js';
import { describeEvents } from './describe-events.js';

interface Given {
  readonly chain?: string;
  readonly after?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export function addEventCommands(events: Command, env: Environment): void {
  events.description('Read who changed what the chain trusts, when and why.');

  events
    .command('list')
    .description('show events, oldest first')
    .addOption(chainOption())
    .option('--after <event>', 'only those after this one')
    .option('--limit <count>', 'at most so many, 1 to 1000', '100')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ custody events list --chain acme/web --after 120')
    .action(async ({ chain, after, limit, json }: Given) => {
      const answer = await connect(env).get<{ events: EventInfo[] }>('/events', { chain, after, limit });
      show(answer, { json }, () => describeEvents(answer.events));
    });
}
