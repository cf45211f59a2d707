import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayoutOrder, PublicKey, ReferenceClient } from './reference-clients.js';

/** A supply chain as a user records it with the in-toto tools. The files are what the tools wrote, byte for byte. */
export interface TutorialChain {
  readonly layout: string;
  /** Paths of the link files by step. */
  readonly links: Readonly<Record<StepName, string>>;
  readonly ownerKey: PublicKey;
  /** What image-digest.txt says: the digest that a verdict is about. */
  readonly subject: string;
  /** The recording client's own verdict; rejects with what it says. */
  verify(): Promise<void>;
  remove(): Promise<void>;
}

export type StepName = 'checkout' | 'build' | 'scan';

const SOURCES = ['Dockerfile', 'src', 'requirements.txt'];
const REPORTS = ['vulnerability-report.json', 'sbom.json'];

const CREATE_SOURCES = `
  mkdir src
  echo 'FROM scratch' > Dockerfile
  echo 'print("hello")' > src/app.py
  echo 'VERSION = 1' > src/version.py
  echo 'flask==3.0.0' > requirements.txt`;

const BUILD_IMAGE = `printf 'sha256:%s' "$(cat Dockerfile src/* requirements.txt | sha256sum | cut -c 1-64)" > image-digest.txt`;

const SCAN_IMAGE = `
  echo '{"vulnerabilities": []}' > vulnerability-report.json
  echo '{"bomFormat": "CycloneDX", "components": []}' > sbom.json`;

/** Checkout and build by one functionary, scan by another; every list of rules is closed. */
const STEPS: LayoutOrder['steps'] = [
  {
    name: 'checkout',
    functionary: 'ci',
    expected_materials: [['DISALLOW', '*']],
    expected_products: closed(create('Dockerfile', 'src/*', 'requirements.txt')),
  },
  {
    name: 'build',
    functionary: 'ci',
    expected_materials: closed(match('checkout', 'Dockerfile', 'src/*', 'requirements.txt')),
    expected_products: closed(create('image-digest.txt')),
  },
  {
    name: 'scan',
    functionary: 'scanner',
    expected_materials: closed(match('build', 'image-digest.txt')),
    expected_products: closed(create(...REPORTS)),
  },
];

export async function recordTutorialChain(client: ReferenceClient): Promise<TutorialChain> {
  const dir = await mkdtemp(join(tmpdir(), 'custody-test-chain-'));
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    return { ...(await record(client, dir)), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function record(client: ReferenceClient, dir: string): Promise<Omit<TutorialChain, 'remove'>> {
  const key = (name: string): string => join(dir, 'keys', name);
  const [project, links, layout] = [join(dir, 'project'), join(dir, 'links'), join(dir, 'root.layout')];
  await Promise.all([mkdir(join(dir, 'keys')), mkdir(project), mkdir(links)]);
  await Promise.all(['owner', 'ci', 'scanner'].map((name) => client.createKey(key(name))));

  const ownerKey = await client.signLayout({
    out: layout,
    owner: key('owner'),
    functionaries: { ci: `${key('ci')}.pub`, scanner: `${key('scanner')}.pub` },
    steps: STEPS,
  });

  const run = (name: StepName, by: string, materials: string[], products: string[], command: string) =>
    client.runStep({ name, key: key(by), materials, products, command, cwd: project, links });
  await run('checkout', 'ci', [], SOURCES, CREATE_SOURCES);
  await run('build', 'ci', SOURCES, ['image-digest.txt'], BUILD_IMAGE);
  await run('scan', 'scanner', ['image-digest.txt'], REPORTS, SCAN_IMAGE);

  const linkFiles = await readdir(links);
  const linkOf = (step: StepName): string => {
    const file = linkFiles.find((name) => name.startsWith(`${step}.`));
    if (file === undefined) throw new Error(`${client.title} wrote no link of ${step}: ${linkFiles}`);
    return join(links, file);
  };
  return {
    layout,
    links: { checkout: linkOf('checkout'), build: linkOf('build'), scan: linkOf('scan') },
    ownerKey,
    subject: await readFile(join(project, 'image-digest.txt'), 'utf8'),
    verify: () => client.verify({ layout, owner: key('owner'), links, cwd: project }),
  };
}

function create(...patterns: string[]): string[][] {
  return patterns.map((pattern) => ['CREATE', pattern]);
}

function match(step: string, ...patterns: string[]): string[][] {
  return patterns.map((pattern) => ['MATCH', pattern, 'WITH', 'PRODUCTS', 'FROM', step]);
}

function closed(rules: string[][]): string[][] {
  return [...rules, ['DISALLOW', '*']];
}
