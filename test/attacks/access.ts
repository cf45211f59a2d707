import { signMetablock } from '../support/supply-chain.js';
import { policy } from './pipeline.js';
import type { Scenario } from './scenario.js';

export const access: readonly Scenario[] = [
  {
    name: 'a scan posted with a token of another chain',
    story: async (world) => {
      await world.found();
      const other = `${world.chain}-other`;
      await world.operator.createChain(other, ...world.owners);
      const stranger = world.operator.as(await world.operator.createToken(['ingest'], other));
      return world.offer(world.build('monday').link('scan'), { run: '1' }, stranger);
    },
    expect: 'refused',
    finding: 'CHAIN_UNKNOWN',
  },
  {
    name: 'a scan posted with a token that may only read',
    story: async (world) => {
      await world.found();
      return world.offer(world.build('monday').link('scan'), { run: '1' }, await world.holderOf('read'));
    },
    expect: 'refused',
    finding: 'SCOPE_MISSING',
  },
  {
    name: 'a scan posted with no token',
    story: async (world) => {
      await world.found();
      return world.offer(world.build('monday').link('scan'), { run: '1' }, world.operator.as(undefined));
    },
    expect: 'refused',
    finding: 'TOKEN_MISSING',
  },
  {
    name: 'a layout posted with a token that may only ingest',
    story: async (world) => {
      await world.found();
      const ci = await world.holderOf('ingest');
      const layout = signMetablock(policy({ readme: 'mine' }).toPayload(), world.owners);
      return ci.postLayout(world.chain, layout);
    },
    expect: 'refused',
    finding: 'SCOPE_MISSING',
  },
  {
    name: 'conflicts made harmless with a token that may only ingest',
    story: async (world) => {
      await world.found();
      const ci = await world.holderOf('ingest');
      const body = JSON.stringify({ conflict: 'any' });
      return ci.call(`/chains/settings?chain=${world.chain}`, { method: 'PUT', body });
    },
    expect: 'refused',
    finding: 'SCOPE_MISSING',
  },
  {
    name: 'a manifest posted with a token of another chain',
    story: async (world) => {
      await world.found();
      const other = `${world.chain}-other`;
      await world.operator.createChain(other, ...world.owners);
      const stranger = world.operator.as(await world.operator.createToken(['ingest'], other));
      return stranger.post(`/subjects/manifests?chain=${world.chain}`, {
        schemaVersion: 2,
        config: {},
        layers: [],
      });
    },
    expect: 'refused',
    finding: 'CHAIN_UNKNOWN',
  },
];
