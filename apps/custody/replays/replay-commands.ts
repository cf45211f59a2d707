import type { Command } from 'commander';
import type { ReplayInfo } from '#replays/replay-info.js';
import { connect, type Environment } from '../connect.js';
import { jsonOption, reasonOption } from '../options.js';
import { note, print, show } from '../output.js';
import { describeReplay, describeReplays } from './describe-replay.js';
import { addFlipCommands } from './flip-commands.js';
import { addPlanCommand } from './plan-command.js';
import { watchReplay } from './watch-replay.js';

interface Given {
  readonly json?: boolean;
}

interface Deciding extends Given {
  readonly reason: string;
  readonly plan?: string;
}

export function addReplayCommands(replays: Command, env: Environment): void {
  replays.description('Find stored verdicts again, by what is trusted now.').addHelpText('after', EXAMPLES);

  addPlanCommand(replays, env);

  replays
    .command('list')
    .description('show the newest replays')
    .addOption(jsonOption())
    .action(async ({ json }: Given) => {
      const answer = await connect(env).get<{ replays: ReplayInfo[] }>('/replays');
      show(answer, { json }, () => describeReplays(answer.replays));
    });

  replays
    .command('show')
    .description('show how far a replay is, and what it has found so far')
    .argument('<id>', 'the replay')
    .option('--digest', 'print the digest of its plan and nothing else')
    .addOption(jsonOption())
    .action(async (id: string, { digest, json }: Given & { digest?: boolean }) => {
      const answer = await connect(env).get<ReplayInfo>(`/replays/${encodeURIComponent(id)}`);
      if (digest) {
        print(answer.planDigest ?? '');
        return;
      }
      show(answer, { json }, describeReplay);
    });

  replays
    .command('watch')
    .description(
      'follow a replay until it is ready, applied or ended; ends with 1 if it failed or was cancelled',
    )
    .argument('<id>', 'the replay')
    .addOption(jsonOption())
    .action(async (id: string, { json }: Given) => {
      const answer = await watchReplay(connect(env), id);
      show(answer, { json }, describeReplay);
      process.exitCode = answer.state === 'failed' || answer.state === 'cancelled' ? 1 : 0;
    });

  addFlipCommands(replays, env);

  decide(
    'apply',
    'let what it found count, in one switch per chain, if the plan is still true',
  ).requiredOption(
    '--plan <digest>',
    'the digest of the plan that you have looked at, as `replays show` tells it',
  );
  decide('approve', 'as another operator than its planner, agree to a plan that flips much');
  decide('pause', 'hold its dry run');
  decide('resume', 'go on where it was paused');
  decide('cancel', 'end it; nothing that it found will ever count');

  function decide(name: string, description: string): Command {
    return replays
      .command(name)
      .description(description)
      .argument('<id>', 'the replay')
      .addOption(reasonOption())
      .addOption(jsonOption())
      .action(async (id: string, { json, reason, plan: planDigest }: Deciding) => {
        const path = `/replays/${encodeURIComponent(id)}/${name}`;
        const answer = await connect(env).post<ReplayInfo>(path, { body: { reason, planDigest } });
        show(answer, { json }, describeReplay);
        if (answer.state === 'applying') {
          note(`To follow it: custody replays watch ${id}`);
        }
      });
  }
}

const EXAMPLES = `
Examples:
  $ custody replays plan --key builder.pub --reason "laptop stolen" --chain acme/web
  $ custody replays watch 7
  $ custody replays flips 7 --csv flips.csv
  $ custody replays apply 7 --plan 5891b5b5… --reason "looked at by bob and me"`;
