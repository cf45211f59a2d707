import type { JsonObject } from '#in-toto/index.js';
import type { Reply } from '../support/client.js';
import { sha256Hex, signDsse } from '../support/supply-chain.js';
import { type Build, carol, digestOf } from './pipeline.js';
import type { Ending, Scenario } from './scenario.js';
import type { World } from './world.js';

const LINK = 'https://in-toto.io/attestation/link/v0.3';

/** The scan of a build as an in-toto Statement. */
function scanStatement(build: Build, changes: JsonObject = {}, predicate: JsonObject = {}): JsonObject {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'report.json', digest: { sha256: sha256Hex('no findings') } }],
    predicateType: LINK,
    predicate: {
      name: 'scan',
      command: [],
      materials: [{ name: 'image-digest.txt', digest: { sha256: sha256Hex(`${build.digest}\n`) } }],
      byproducts: {},
      environment: {},
      ...predicate,
    },
    ...changes,
  };
}

async function upToScan(world: World): Promise<Build> {
  await world.found();
  const build = world.build('monday');
  await world.postSteps(build, ['checkout', 'build'], { run: '1' });
  return build;
}

function statement(
  name: string,
  make: (build: Build) => JsonObject,
  expect: Ending,
  finding?: string,
): Scenario {
  return {
    name,
    story: async (world): Promise<string | Reply> => {
      const build = await upToScan(world);
      const reply = await world.offer(signDsse(make(build), carol), { run: '1' });
      return reply.status < 300 ? build.digest : reply;
    },
    expect,
    ...(finding ? { finding } : {}),
  };
}

export const statements: readonly Scenario[] = [
  statement(
    'a Statement of another predicate',
    (build) => scanStatement(build, { predicateType: 'https://slsa.dev/provenance/v1' }),
    'refused',
    'METADATA_INVALID',
  ),
  statement(
    'a Statement of an unknown version',
    (build) => scanStatement(build, { _type: 'https://in-toto.io/Statement/v2' }),
    'refused',
    'METADATA_INVALID',
  ),
  statement(
    'a Statement that names a subject twice',
    (build) =>
      scanStatement(build, {
        subject: [
          { name: 'report.json', digest: { sha256: sha256Hex('no findings') } },
          { name: 'report.json', digest: { sha256: sha256Hex('a finding') } },
        ],
      }),
    'refused',
    'METADATA_INVALID',
  ),
  statement(
    'a Statement whose material has another algorithm',
    (build) =>
      scanStatement(
        build,
        {},
        {
          materials: [{ name: 'image-digest.txt', digest: { sha512: sha256Hex(build.digest).repeat(2) } }],
        },
      ),
    'fail',
    'RULE_DISALLOWED',
  ),
  statement(
    'a Statement about another image',
    () => scanStatement({ digest: digestOf('another') } as Build),
    'fail',
    'RULE_DISALLOWED',
  ),
  statement(
    'a Statement of another step',
    (build) => scanStatement(build, {}, { name: 'build' }),
    'pending',
    'LINK_KEY_NOT_AUTHORIZED',
  ),
  {
    name: 'a Statement whose subject has no sha256',
    story: async (world) => {
      const build = await upToScan(world);
      const evil = digestOf('evil');
      const subject = [{ name: 'report.json', digest: { gitCommit: evil.slice('sha256:'.length) } }];
      await world.post(signDsse(scanStatement(build, { subject }), carol), { run: '1', subject: evil });
      return evil;
    },
    expect: 'pending',
    finding: 'SUBJECT_NOT_PROVEN',
  },
  {
    name: 'a Statement signed as another type of payload',
    story: async (world) => {
      const build = await upToScan(world);
      const { signDssePayload } = await import('../support/supply-chain.js');
      const payload = Buffer.from(JSON.stringify(scanStatement(build)));
      return world.offer(signDssePayload(payload, carol, 'application/json'), { run: '1' });
    },
    expect: 'refused',
  },
  {
    name: 'a Statement whose payload was replaced after signing',
    story: async (world) => {
      const build = await upToScan(world);
      const other = JSON.parse(`${signDsse(scanStatement({ digest: digestOf('another') } as Build), carol)}`);
      const wanted = JSON.parse(`${signDsse(scanStatement(build), carol)}`);
      await world.post(Buffer.from(JSON.stringify({ ...other, payload: wanted.payload })), { run: '1' });
      return build.digest;
    },
    expect: 'pending',
    finding: 'LINK_FORGED',
  },
];
