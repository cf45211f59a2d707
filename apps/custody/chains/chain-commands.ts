import type { Command } from 'commander';
import type { ChainInfo } from '#trust/chains/chain-service.js';
import { connect, type Environment } from '../connect.js';
import { collect, jsonOption } from '../options.js';
import { show, table } from '../output.js';
import { namedOwners, ownerCount } from '../roots/named-owners.js';

interface Given {
  readonly json?: boolean;
}

interface Founding extends Given {
  readonly owner: readonly string[];
  readonly threshold: number;
  readonly reason?: string;
}

export function addChainCommands(chains: Command, env: Environment): void {
  chains
    .description('Supply chains: what one layout describes.')
    .addHelpText(
      'after',
      '\nExample:\n  $ custody chains create acme/web --owner alice=alice.pub --owner bob=bob.pub --threshold 2',
    );

  chains
    .command('list')
    .description('show the chains that the token may see')
    .addOption(jsonOption())
    .action(async ({ json }: Given) => {
      const answer = await connect(env).get<{ chains: ChainInfo[] }>('/chains');
      const rows = answer.chains.map(({ name, ownerThreshold, ownerKeyids, createdAt }) => [
        name,
        `${ownerThreshold}`,
        String(ownerKeyids.length),
        createdAt,
      ]);
      show(answer, { json }, () => table(['NAME', 'THRESHOLD', 'OWNER KEYS', 'CREATED'], rows));
    });

  chains
    .command('create')
    .description('create a chain with its first trust root; needs an operator token for every chain')
    .argument('<name>', 'e.g. acme/web')
    .requiredOption('--owner <name=file>', 'an owner and a public key; once for each key', collect)
    .requiredOption(
      '--threshold <count>',
      'how many distinct owners sign a layout, and the next root',
      ownerCount,
    )
    .option('--reason <text>', 'why, for those who read the events later')
    .addOption(jsonOption())
    .action(async (name: string, { owner, threshold: ownerThreshold, reason, json }: Founding) => {
      const body = { name, owners: await namedOwners(owner), ownerThreshold, reason };
      const answer = await connect(env).post<ChainInfo>('/chains', { body });
      show(
        answer,
        { json },
        () => `Chain ${name} is there. Now its owners sign a layout: custody layouts --help`,
      );
    });
}
