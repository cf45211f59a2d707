import type { Command } from 'commander';
import type { LayoutInfo } from '#trust/layouts/layout-service.js';
import type { ListedLayout } from '#trust/layouts/list-layouts.js';
import type { LayoutTrial } from '#trust/layouts/try-layout.js';
import { connect, type Environment } from '../connect.js';
import { readInput } from '../files.js';
import { chainOption, jsonOption } from '../options.js';
import { show } from '../output.js';
import { describeLayouts, describePosted, describeTrial } from './describe-layout.js';
import { addLayoutFileCommands } from './layout-file-commands.js';

interface Given {
  readonly chain?: string;
  readonly json?: boolean;
}

interface Posting extends Given {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

export function addLayoutCommands(layouts: Command, env: Environment): void {
  layouts
    .description('The layouts of a chain: the signed policies that its verdicts go by.')
    .addHelpText('after', EXAMPLES);

  layouts
    .command('list')
    .description('show which layouts were in force, the newest first')
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async ({ chain, json }: Given) => {
      const answer = await connect(env).get<{ layouts: ListedLayout[] }>('/layouts', { chain });
      show(answer, { json }, () => describeLayouts(answer.layouts));
    });

  layouts
    .command('post')
    .description('put a layout in force, or say what would follow from that')
    .argument('<file>', 'the layout as the owners signed it')
    .option('--dry-run', 'only say what would follow; ends with 1 if it would be refused')
    .option('--reason <text>', 'why, for those who read the events later')
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async (file: string, { chain, json, reason, dryRun }: Posting) => {
      const body = await readInput(file);
      const service = connect(env);
      if (dryRun) {
        const query = { chain, dryRun: 'true' };
        const trial = await service.post<LayoutTrial>('/layouts', { query, body });
        show(trial, { json }, describeTrial);
        process.exitCode = trial.accepted ? 0 : 1;
        return;
      }
      show(
        await service.post<LayoutInfo>('/layouts', { query: { chain, reason }, body }),
        { json },
        describePosted,
      );
    });

  addLayoutFileCommands(layouts, env);
}

const EXAMPLES = `
Examples:
  $ custody layouts show 3 --out layout.json --chain acme/web
  $ custody layouts amend layout.json --add-key build=builder-2.pub --expires 2027-12-31 --out next.json
  $ custody layouts sign next.json --key alice.pem
  $ custody layouts post next.json --dry-run --chain acme/web
  $ custody layouts post next.json --reason "builder-2 joins" --chain acme/web`;
