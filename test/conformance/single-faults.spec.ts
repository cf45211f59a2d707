import { describe, expect, it } from 'vitest';
import {
  type Finding,
  type JsonArray,
  type JsonObject,
  linkFileName,
  parsePublicKey,
  type VerificationResult,
  verify,
} from '#in-toto/index.js';
import {
  createKey,
  layout,
  link,
  type SigningKey,
  signDsse,
  signMetablock,
} from '../support/supply-chain.js';

/** A supply chain before it is signed, so that one thing can be changed and the rest stays sound. */
interface Chain {
  readonly layout: JsonObject;
  readonly links: readonly {
    readonly step: string;
    readonly key: SigningKey;
    readonly payload: JsonObject;
  }[];
}

/** A chain with one fault, and the names of which the first finding must mention one of each group. */
interface Mutant {
  readonly fault: string;
  readonly chain: Chain;
  readonly mustName: readonly (readonly string[])[];
  /** Spoils signed files by their name. */
  readonly spoil?: (fileName: string, bytes: Buffer) => Buffer | undefined;
}

const [owner, alice, bob, carol] = ['owner', 'alice', 'bob', 'carol'].map((seed) =>
  createKey('ed25519', { seed }),
) as [SigningKey, SigningKey, SigningKey, SigningKey];
const keys = [alice, bob, carol];

function soundChain(): Chain {
  const sources = { 'src/app.py': 'a', 'src/util.py': 'u', 'docs/README.md': 'r' };
  const checkedOut = Object.fromEntries(
    Object.entries(sources).map(([path, content]) => [`work/${path}`, content]),
  );
  const built = { 'dist/app.bin': 'bin', 'dist/app.map': 'map' };
  return {
    layout: layout()
      .step('clone', { by: alice, products: ['CREATE src/*', 'CREATE docs/*.md', 'DISALLOW *'] })
      .step('build', {
        by: bob,
        materials: [
          'REQUIRE work/src/app.py',
          'MATCH src/* IN work WITH PRODUCTS FROM clone',
          'MATCH *.md IN work/docs WITH PRODUCTS IN docs FROM clone',
          'DISALLOW *',
        ],
        products: ['REQUIRE dist/app.bin', 'CREATE dist/*', 'ALLOW work/*', 'DISALLOW *'],
      })
      .step('test', {
        by: [bob, carol],
        threshold: 2,
        materials: ['MATCH dist/* WITH PRODUCTS FROM build', 'DISALLOW *'],
        products: ['MATCH dist/* WITH PRODUCTS FROM build', 'CREATE report.txt', 'DISALLOW *'],
      })
      .step('package', {
        by: carol,
        materials: [
          'MATCH dist/app.bin WITH PRODUCTS FROM build',
          'MATCH report.txt WITH PRODUCTS FROM test',
          'DISALLOW *',
        ],
        products: ['CREATE image.tar', 'DELETE report.txt', 'MODIFY dist/app.bin', 'DISALLOW *'],
      })
      .toPayload(),
    links: [
      { step: 'clone', key: alice, payload: link('clone', { products: sources }) },
      {
        step: 'build',
        key: bob,
        payload: link('build', { materials: checkedOut, products: { ...checkedOut, ...built } }),
      },
      ...[bob, carol].map((key) => ({
        step: 'test',
        key,
        payload: link('test', { materials: built, products: { ...built, 'report.txt': 'ok' } }),
      })),
      {
        step: 'package',
        key: carol,
        payload: link('package', {
          materials: { 'dist/app.bin': 'bin', 'report.txt': 'ok' },
          products: { 'image.tar': 'image', 'dist/app.bin': 'stripped' },
        }),
      },
    ],
  };
}

function run(
  { chain, spoil }: Pick<Mutant, 'chain' | 'spoil'>,
  container: 'metablock' | 'dsse',
): VerificationResult {
  const sign = container === 'dsse' ? signDsse : signMetablock;
  const files = new Map<string, Buffer>();
  const write = (name: string, bytes: Buffer) => {
    const spoiled = spoil ? spoil(name, bytes) : bytes;
    if (spoiled) files.set(name, spoiled);
  };
  write('root.layout', sign(chain.layout, owner));
  for (const { step, key, payload } of chain.links) write(linkFileName(step, key.keyid), sign(payload, key));
  return verify(
    {
      layout: files.get('root.layout') ?? Buffer.alloc(0),
      layoutKeys: [parsePublicKey(owner.publicKey)],
      links: { read: (name) => files.get(name) },
    },
    { at: new Date('2026-01-01T00:00:00Z') },
  );
}

function* hashFaults(): Generator<Mutant> {
  const digest = { sha256: 'ab'.repeat(32) };
  for (const { index, side, path } of artifactsOf(soundChain())) {
    const chain = withLink(index, side, (artifacts) => ({ ...artifacts, [path]: digest }));
    yield { fault: `hash of ${path}`, chain, mustName: [[path]] };
  }
}

function* nameFaults(): Generator<Mutant> {
  for (const { index, side, path } of artifactsOf(soundChain())) {
    for (const name of [`${path}x`, `x${path}`, path.toUpperCase()]) {
      const chain = withLink(index, side, (artifacts) =>
        Object.fromEntries(
          Object.entries(artifacts).map(([key, value]) => [key === path ? name : key, value]),
        ),
      );
      yield { fault: `${path} renamed ${name}`, chain, mustName: [[path, name]] };
    }
  }
}

function* ruleFaults(): Generator<Mutant> {
  for (const [stepIndex, step] of stepsOf(soundChain()).entries()) {
    for (const side of ['expected_materials', 'expected_products'] as const) {
      for (const [ruleIndex, rule] of (step[side] as string[][]).entries()) {
        for (const changed of changedRules(rule)) {
          const chain = withStep(stepIndex, (old) => ({
            ...old,
            [side]: (old[side] as string[][]).map((other, i) => (i === ruleIndex ? changed : other)),
          }));
          yield {
            fault: `${rule.join(' ')} -> ${changed.join(' ')}`,
            chain,
            mustName: [[changed.join(' ')]],
          };
        }
      }
    }
  }
}

function changedRules([keyword = '', pattern = '', ...rest]: string[]): string[][] {
  const patterns = [`x${pattern}`, `${pattern}x`, pattern.replace('*', '?'), 'nothing'].map((other) => [
    keyword,
    other,
    ...rest,
  ]);
  const keywords = ['CREATE', 'DELETE', 'MODIFY', 'DISALLOW'].map((other) => [other, pattern]);
  const targets = rest.length > 0 ? [[keyword, pattern, ...rest.slice(0, -1), 'ghost']] : [];
  const sides = rest.map((word) => (word === 'PRODUCTS' ? 'MATERIALS' : word));
  return [...patterns, ...keywords, ...targets, [keyword, pattern, ...sides]].filter(
    (changed) => changed.join(' ') !== [keyword, pattern, ...rest].join(' '),
  );
}

function* keyFaults(): Generator<Mutant> {
  for (const [stepIndex, step] of stepsOf(soundChain()).entries()) {
    const pubkeys = step.pubkeys as string[];
    for (const [position, keyid] of pubkeys.entries()) {
      for (const stranger of keys.filter((key) => !pubkeys.includes(key.keyid))) {
        const chain = withStep(stepIndex, (old) => ({
          ...old,
          pubkeys: pubkeys.map((other, i) => (i === position ? stranger.keyid : other)),
        }));
        yield {
          fault: `key of ${step.name}`,
          chain,
          mustName: [[String(step.name)], [keyid, stranger.keyid]],
        };
      }
    }
  }
  for (const [index, { step, key }] of soundChain().links.entries()) {
    const chain = soundChain();
    const links = chain.links.map((old, i) => (i === index ? { ...old, key: impostor(key) } : old));
    yield { fault: `${step} by a stranger`, chain: { ...chain, links }, mustName: [[step], [key.keyid]] };
  }
}

/** Another key that claims to be this one. */
function impostor(key: SigningKey): SigningKey {
  return { ...createKey('ed25519', { seed: 'mallory' }), keyid: key.keyid };
}

function* signatureFaults(): Generator<Mutant> {
  const chain = soundChain();
  const files = chain.links.map(({ step, key }) => ({ name: linkFileName(step, key.keyid), key, step }));
  for (const { name, key, step } of [...files, { name: 'root.layout', key: owner, step: 'layout' }]) {
    const spoil = (fileName: string, bytes: Buffer) => (fileName === name ? flipSignature(bytes) : bytes);
    yield { fault: `signature of ${name}`, chain, spoil, mustName: [[step], [key.keyid]] };
  }
}

function flipSignature(file: Buffer): Buffer {
  return Buffer.from(
    file
      .toString()
      .replace(/("sig": ")(.)/, (_, before: string, digit: string) => before + (digit === '0' ? '1' : '0')),
  );
}

function* missingLinks(): Generator<Mutant> {
  const chain = soundChain();
  for (const { step, key } of chain.links) {
    const missing = linkFileName(step, key.keyid);
    const spoil = (fileName: string, bytes: Buffer) => (fileName === missing ? undefined : bytes);
    yield { fault: `no ${missing}`, chain, spoil, mustName: [[step], [key.keyid]] };
  }
}

function stepsOf(chain: Chain): JsonObject[] {
  return chain.layout.steps as JsonObject[];
}

function artifactsOf(chain: Chain) {
  return chain.links.flatMap(({ payload }, index) =>
    (['materials', 'products'] as const).flatMap((side) =>
      Object.keys(payload[side] as JsonObject).map((path) => ({ index, side, path })),
    ),
  );
}

function withLink(
  index: number,
  side: 'materials' | 'products',
  change: (artifacts: JsonObject) => JsonObject,
): Chain {
  const chain = soundChain();
  const links = chain.links.map((old, i) =>
    i === index
      ? { ...old, payload: { ...old.payload, [side]: change(old.payload[side] as JsonObject) } }
      : old,
  );
  return { ...chain, links };
}

function withStep(index: number, change: (step: JsonObject) => JsonObject): Chain {
  const chain = soundChain();
  const steps: JsonArray = stepsOf(chain).map((step, i) => (i === index ? change(step) : step));
  return { ...chain, layout: { ...chain.layout, steps } };
}

function names(finding: Finding | undefined, groups: Mutant['mustName']): boolean {
  const text = JSON.stringify(finding) ?? '';
  return groups.every((group) => group.some((name) => text.includes(JSON.stringify(name).slice(1, -1))));
}

describe.each(['metablock', 'dsse'] as const)('a single fault in a sound %s chain', (container) => {
  it('passes without a fault', () => {
    expect(run({ chain: soundChain() }, container)).toMatchObject({ outcome: 'pass', findings: [] });
  });

  it('is named by the first finding in at least 99 of 100 cases', () => {
    const mutants = [
      ...hashFaults(),
      ...nameFaults(),
      ...ruleFaults(),
      ...keyFaults(),
      ...signatureFaults(),
      ...missingLinks(),
    ];
    const results = mutants.map((mutant) => ({ mutant, result: run(mutant, container) }));
    const failed = results.filter(({ result }) => result.outcome === 'fail');
    const unnamed = failed.filter(({ mutant, result }) => !names(result.findings[0], mutant.mustName));
    const share = 1 - unnamed.length / failed.length;
    console.log(
      `${container}: ${failed.length} faults of ${mutants.length} noticed, ${(share * 100).toFixed(1)} % named by the first finding`,
    );
    for (const { mutant, result } of unnamed)
      console.log(`  not named: ${mutant.fault}: ${JSON.stringify(result.findings[0])}`);
    expect(failed.length).toBeGreaterThan(100);
    expect(share).toBeGreaterThanOrEqual(0.99);
  });

  it('comes with a fix and a message in every finding', () => {
    for (const mutant of [...hashFaults(), ...keyFaults(), ...signatureFaults(), ...missingLinks()]) {
      for (const finding of run(mutant, container).findings) {
        expect(finding.message).toMatch(/\.$/);
        expect(finding.fix).toMatch(/\.$/);
      }
    }
  });
});
