import type { Cast } from '../../demo/pipeline.js';
import {
  type Contents,
  link,
  type SigningKey,
  sha256Hex,
  signMetablock,
} from '../../support/supply-chain.js';

export interface SignedBuild {
  readonly digest: string;
  readonly links: readonly Buffer[];
}

const FILES = 30;

/** A real build. All files but one are those of every other build, as between two commits of one project. */
export function signedBuild({ builder, scanner }: Cast, name: string): SignedBuild {
  const digest = `sha256:${sha256Hex(`image of ${name}`)}`;
  const digestFile = { 'image-digest.txt': `${digest}\n` };
  const sources: Record<string, string> = { Dockerfile: '', 'src/main.c': `main of ${name}` };
  for (let i = 2; i < FILES; i += 1) sources[`src/${i}.c`] = `file ${i} of every build`;
  const sign = (step: string, key: SigningKey, materials: Contents, products: Contents): Buffer =>
    signMetablock(link(step, { materials, products }), key);
  const reports = { 'vulnerability-report.json': name, 'sbom.json': name };
  return {
    digest,
    links: [
      sign('checkout', builder, {}, sources),
      sign('build', builder, sources, { ...sources, ...digestFile }),
      sign('scan', scanner, digestFile, { ...digestFile, ...reports }),
    ],
  };
}
