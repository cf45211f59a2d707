import type { ChainInfo } from '#trust/chains/chain-service.js';
import type { ListedRoot } from '#trust/roots/list-roots.js';
import { CommandError } from '../command-error.js';
import type { ServiceClient } from '../service-client.js';
import { namedOwners } from './named-owners.js';
import type { RootPayload } from './root-document.js';

export interface Proposal {
  readonly chain?: string | undefined;
  /** `NAME=FILE`, one for each key. */
  readonly owner: readonly string[];
  readonly threshold: number;
}

/** The root that would follow the one in force. */
export async function proposeRoot(service: ServiceClient, proposal: Proposal): Promise<RootPayload> {
  const owners = await namedOwners(proposal.owner);
  const names = new Set(owners.map(({ owner }) => owner));
  if (proposal.threshold > names.size) {
    throw new CommandError(
      `--threshold ${proposal.threshold}: there are only ${names.size} owners. One with several keys counts once.`,
      'usage',
    );
  }
  const chain = proposal.chain ?? (await onlyChain(service));
  const inForce = await newestRoot(service, chain);
  return {
    _type: 'custody-root',
    chain,
    version: inForce.version + 1,
    threshold: proposal.threshold,
    owners,
  };
}

async function newestRoot(service: ServiceClient, chain: string | undefined): Promise<ListedRoot> {
  const { roots } = await service.get<{ roots: ListedRoot[] }>('/roots', { chain });
  const [newest] = roots;
  if (!newest) {
    throw new CommandError('ROOT_UNKNOWN: The chain has no trust root.');
  }
  return newest;
}

/** A root names its chain, also when a token that is bound to it makes it needless elsewhere. */
async function onlyChain(service: ServiceClient): Promise<string> {
  const { chains } = await service.get<{ chains: ChainInfo[] }>('/chains');
  const [chain, ...others] = chains;
  if (!chain || others.length > 0) {
    throw new CommandError(
      `Say by --chain which supply chain is meant: ${chains.map(({ name }) => name).join(', ') || 'there is none'}.`,
      'usage',
    );
  }
  return chain.name;
}
