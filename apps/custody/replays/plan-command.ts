import { createHash } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { ReplayInfo } from '#replays/replay-info.js';
import { CommandError } from '../command-error.js';
import { connect, type Environment } from '../connect.js';
import { readInput } from '../files.js';
import { KEY_ARGUMENT, namedKey } from '../keys/named-key.js';
import { LAYOUT_ARGUMENT, namedLayout } from '../layouts/named-layout.js';
import { chainOption, jsonOption, reasonOption, time } from '../options.js';
import { note, show } from '../output.js';
import type { ServiceClient } from '../service-client.js';

/** Which verdicts. Each narrows the choice further. */
interface Choice {
  readonly key?: string;
  readonly layout?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
  readonly engineBelow?: number;
  readonly all?: boolean;
}

interface Given extends Choice {
  readonly chain?: string;
  readonly hypothetical?: string;
  readonly rate?: number;
  readonly apply?: boolean;
  readonly reason: string;
  readonly json?: boolean;
}

export function addPlanCommand(replays: Command, env: Environment): void {
  replays
    .command('plan')
    .description(
      'plan to find verdicts again and print the id of the replay; a dry run, unless --apply is given',
    )
    .option('--key <key>', `those found with a key: ${KEY_ARGUMENT}`)
    .option('--layout <layout>', `those found by a layout: ${LAYOUT_ARGUMENT}`)
    .option('--subject <digest>', 'that of one digest')
    .option('--from <time>', 'those found then or later', time)
    .option('--to <time>', 'those found before', time)
    .option('--engine-below <number>', 'those found by an older engine', positive)
    .option('--all', 'all of them')
    .option(
      '--hypothetical <layout>',
      'all, by a layout that a dry run took in: its file or its id; to see what it would change',
    )
    .option('--rate <number>', 'at most so many digests a second and worker', positive)
    .option('--apply', 'apply it when it is ready, if no second operator is needed')
    .addOption(reasonOption())
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async ({ chain, hypothetical, rate, apply, reason, json, ...choice }: Given) => {
      const service = connect(env);
      const body = {
        filter: await filterOf(service, chain, hypothetical ? { ...choice, all: true } : choice),
        hypothetical: hypothetical && { layout: await layoutId(hypothetical) },
        dryRun: !apply,
        rate,
        reason,
      };
      const answer = await service.post<ReplayInfo>('/replays', { body });
      show(answer, { json }, ({ id }) => id);
      note(`Replay ${answer.id} is planned. To follow it: custody replays watch ${answer.id}`);
    });
}

async function filterOf(service: ServiceClient, chain: string | undefined, choice: Choice): Promise<object> {
  if (Object.keys(choice).length === 0) {
    throw new CommandError(
      'Say which verdicts are meant: --key, --layout, --subject, --from, --to, --engine-below or --all.',
      'usage',
    );
  }
  const { key, layout } = choice;
  return {
    ...choice,
    chain,
    ...(key ? { key: await fingerprintOfKey(service, chain, key) } : {}),
    ...(layout ? { layout: await namedLayout(service, chain, layout) } : {}),
  };
}

/** A filter names a key by its fingerprint alone. */
async function fingerprintOfKey(
  service: ServiceClient,
  chain: string | undefined,
  name: string,
): Promise<string> {
  const key = await namedKey(service, chain, name);
  return (await service.get<{ fingerprint: string }>(`/keys/${key}`, { chain })).fingerprint;
}

/** A layout that was never in force has no version; its id is the sha256 of its file. */
async function layoutId(name: string): Promise<string> {
  return /^[0-9a-f]{64}$/.test(name)
    ? name
    : createHash('sha256')
        .update(await readInput(name))
        .digest('hex');
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new InvalidArgumentError('Give a whole number from 1.');
  }
  return Number(text);
}
