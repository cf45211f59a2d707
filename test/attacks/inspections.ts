import { link, type SigningKey, signMetablock } from '../support/supply-chain.js';
import { bob, carol, owner, policy } from './pipeline.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

const inspected = () =>
  policy().inspect('untar', { run: 'tar xf image.tar', products: ['DISALLOW planted*'] });

async function inspectedBy(world: World, by: SigningKey, command: string, products = {}): Promise<string> {
  await world.found(inspected());
  const build = world.build('monday');
  await world.postBuild(build, { run: '1' });
  await world.post(signMetablock(link('untar', { command, products }), by), { run: '1' });
  return build.digest;
}

export const inspections: readonly Scenario[] = [
  {
    name: 'an inspection that nobody made',
    story: async (world) => {
      await world.found(inspected());
      const build = world.build('monday');
      await world.postBuild(build, { run: '1' });
      return build.digest;
    },
    expect: 'fail',
    finding: 'INSPECTION_NOT_EXECUTED',
  },
  {
    name: 'an inspection signed by the builder',
    story: (world) => inspectedBy(world, bob, 'tar xf image.tar'),
    expect: 'fail',
    finding: 'INSPECTION_NOT_EXECUTED',
  },
  {
    name: 'an inspection signed by the scanner',
    story: (world) => inspectedBy(world, carol, 'tar xf image.tar'),
    expect: 'fail',
    finding: 'LINK_KEY_NOT_AUTHORIZED',
  },
  {
    name: 'an inspection by another command',
    story: (world) => inspectedBy(world, owner, 'true'),
    expect: 'fail',
    finding: 'INSPECTION_NOT_EXECUTED',
  },
  {
    name: 'an inspection that found something',
    story: (world) => inspectedBy(world, owner, 'tar xf image.tar', { planted: 'x' }),
    expect: 'fail',
    finding: 'RULE_DISALLOWED',
  },
  {
    name: 'an inspection by an owner',
    story: (world) => inspectedBy(world, owner, 'tar xf image.tar'),
    expect: 'pass',
  },
];
