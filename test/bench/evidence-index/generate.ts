import { createHash } from 'node:crypto';

/** A link as the index sees it. */
export interface GeneratedLink {
  readonly chainId: number;
  readonly id: Buffer;
  readonly step: string;
  /** Null: a link without a run, found along the layout's MATCH edges. */
  readonly run: string | null;
  /** Distinct sha256 digests, 32 bytes each, one after the other. */
  readonly materials: Buffer;
  readonly products: Buffer;
}

/** A digest that a verdict could be about, the run that made it, and some of the sources that went into it. */
export interface Sample {
  readonly chainId: number;
  readonly subject: Buffer;
  readonly run: string;
  readonly sources: readonly Buffer[];
}

/** The empty file, which nearly every project has: in 1/3 of all links it is a product, in 2/3 a material. */
export const SHARED_FILE = createHash('sha256').update('').digest();

/** Half of all builds are one chain's. */
const CHAIN_OF = [1, 1, 1, 1, 1, 2, 2, 3, 3, 4];
export const CHAINS = 4;
const PROJECTS_PER_CHAIN = 20;
const ONE_IN_LOOSE = 10;
const ONE_IN_HUGE = 50;
const HUGE_FILES = 2_000;

interface Project {
  readonly name: string;
  /** The digests of its files as they are now. */
  readonly files: Buffer[];
}

/**
 * Builds as CI makes them: of the files of a project a few change between builds, so that most digests of a link were
 * in the links before it. Three links a build: checkout (sources), build (sources to image), scan (sources and image to
 * reports). One build in ten names no run. The same seed gives the same links.
 */
export class Builds {
  readonly samples: Sample[] = [];
  private readonly random: () => number;
  private readonly projects = new Map<string, Project>();
  private built = 0;
  private made = 0;

  constructor(private readonly seed: number) {
    this.random = mulberry32(seed);
  }

  next(): GeneratedLink[] {
    const chainId = CHAIN_OF[this.below(CHAIN_OF.length)] ?? 1;
    const huge = this.below(ONE_IN_HUGE) === 0;
    const project = this.project(`${chainId}-${huge ? 'huge' : this.below(PROJECTS_PER_CHAIN)}`, huge);
    this.change(project);
    this.built += 1;
    const run = this.below(ONE_IN_LOOSE) === 0 ? null : `${project.name}/${this.built}`;
    const sources = Buffer.concat(project.files);
    const image = this.digest();
    const digestFile = this.digest();
    if (run !== null && this.built % 50 === 1) {
      this.samples.push({ chainId, subject: image, run, sources: project.files.slice(0, 20) });
    }
    const link = (step: string, materials: Buffer, products: Buffer): GeneratedLink => {
      return { chainId, id: this.digest(), step, run, materials, products };
    };
    return [
      link('checkout', Buffer.alloc(0), sources),
      link('build', sources, Buffer.concat([image, digestFile])),
      link('scan', Buffer.concat([sources, digestFile]), Buffer.concat([this.digest(), this.digest()])),
    ];
  }

  private project(name: string, huge: boolean): Project {
    const known = this.projects.get(name);
    if (known) return known;
    // 16 to 44, median 30.
    const size = huge ? HUGE_FILES : 16 + this.below(29);
    const files = [SHARED_FILE, ...Array.from({ length: size - 1 }, () => this.digest())];
    const project = { name, files };
    this.projects.set(name, project);
    return project;
  }

  /** One file, or one in fifty; never the shared one. */
  private change({ files }: Project): void {
    const count = Math.max(1, Math.round(files.length / 50));
    for (let i = 0; i < count; i += 1) files[1 + this.below(files.length - 1)] = this.digest();
  }

  private digest(): Buffer {
    this.made += 1;
    return createHash('sha256').update(`${this.seed} ${this.made}`).digest();
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

/** A small generator of uniform numbers in [0, 1): `Math.random` cannot be seeded. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
