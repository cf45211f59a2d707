import type { Command } from 'commander';
import type { KeyHistory } from '#trust/keys/key-info.js';
import type { ChangeInfo } from '#trust/keys/key-service.js';
import { CommandError } from '../command-error.js';
import { connect, type Environment } from '../connect.js';
import { chainOption, jsonOption, reasonOption, time } from '../options.js';
import { show } from '../output.js';
import type { ServiceClient } from '../service-client.js';
import { describeChange } from './describe-key.js';
import { KEY_ARGUMENT, namedKey } from './named-key.js';

interface Given {
  readonly chain?: string;
  readonly json?: boolean;
  /** `reason`, and what else the change is about. */
  [member: string]: unknown;
}

export function addKeyChangeCommands(keys: Command, env: Environment): void {
  change('retire', 'the key signs no more; what was received before stays valid').option(
    '--effective <time>',
    'from when on (default: now)',
    time,
  );
  change('suspend', 'nothing that the key signed counts until this is lifted');
  change('lift', 'end every suspension; for another operator than whoever suspended');
  change('compromise', 'the key is in other hands').option(
    '--since <time>',
    'since when (default: nobody knows)',
    time,
  );
  change('misissue', 'the key never was what it was taken for: nothing that it signed counts');
  change('undo', 'a limit counts no longer; for another operator than whoever recorded it').option(
    '--undoes <event>',
    'number of the limit, as `keys show` tells it (default: the only one in force)',
  );

  function change(name: string, description: string): Command {
    return keys
      .command(name)
      .description(description)
      .argument('<key>', KEY_ARGUMENT)
      .addOption(reasonOption())
      .addOption(chainOption())
      .addOption(jsonOption())
      .action(async (named: string, { chain, json, ...body }: Given) => {
        const service = connect(env);
        const key = await namedKey(service, chain, named);
        if (name === 'undo') {
          body.undoes ??= await onlyLimit(service, chain, key);
        }
        const answer = await service.post<ChangeInfo>(`/keys/${key}/${name}`, { query: { chain }, body });
        show(answer, { json }, describeChange);
      });
  }
}

async function onlyLimit(service: ServiceClient, chain: string | undefined, key: string): Promise<string> {
  const { limits } = await service.get<KeyHistory>(`/keys/${key}`, { chain });
  const [limit, ...others] = limits;
  if (!limit) {
    throw new CommandError('KEY_CHANGE_WITHOUT_EFFECT: Nothing limits the key, so there is nothing to undo.');
  }
  if (others.length > 0) {
    const told = limits.map(({ seq, kind }) => `${seq} (${kind})`).join(', ');
    throw new CommandError(`Several limits are in force. Say by --undoes which one: ${told}.`, 'usage');
  }
  return limit.seq;
}
