import { Build } from '../attacks/pipeline.js';
import type { Circumstances } from '../support/client.js';
import { Random } from '../support/random.js';

export const CHAINS = ['acme/web', 'acme/api'] as const;

/** What one job of a pipeline sends, in one request. */
export interface Job {
  readonly links: readonly { readonly bytes: Buffer; readonly attempt: number }[];
  readonly asBatch: boolean;
}

/** One execution of a pipeline, with the verdict that follows from how it was made. */
export interface Pipeline {
  readonly name: string;
  readonly chain: string;
  readonly digest: string;
  readonly expected: 'pass' | 'fail' | 'pending';
  readonly jobs: readonly Job[];
  readonly circumstances: Circumstances;
  /** CI sends everything twice at the same time: a repeated job, or an impatient proxy. */
  readonly twice: boolean;
}

type Story = 'good' | 'repaired' | 'tampered' | 'incomplete';

/** The n-th pipeline of a seed: always the same bytes, sent in the same way. */
export function pipelineOf(seed: number, n: number): Pipeline {
  const random = new Random(seed * 1_000_003 + n);
  const build = new Build(`chaos ${seed} ${n}`);
  const chain = random.pick(CHAINS);
  const inRun = random.chance(0.75);
  const story = random.pick<Story>(['good', 'good', inRun ? 'repaired' : 'good', 'tampered', 'incomplete']);
  const declared = inRun && random.chance(0.5);
  return {
    name: build.name,
    chain,
    digest: build.digest,
    expected: story === 'tampered' ? 'fail' : story === 'incomplete' ? 'pending' : 'pass',
    jobs: jobsOf(linksOf(build, story), random.chance(0.3)),
    circumstances: {
      chain,
      ...(inRun ? { run: build.name } : {}),
      ...(declared ? { subject: build.digest } : {}),
    },
    twice: random.chance(0.2),
  };
}

function linksOf(build: Build, story: Story): Job['links'] {
  const [checkout, built, scan] = [build.link('checkout'), build.link('build'), build.link('scan')];
  const made = [checkout, built].map((bytes) => ({ bytes, attempt: 1 }));
  switch (story) {
    case 'good':
      return [...made, { bytes: scan, attempt: 1 }];
    case 'repaired':
      return [...made, { bytes: build.failingScan(), attempt: 1 }, { bytes: scan, attempt: 2 }];
    case 'tampered':
      return [...made, { bytes: build.failingScan(), attempt: 1 }];
    case 'incomplete':
      return made;
  }
}

function jobsOf(links: Job['links'], asBatch: boolean): Job[] {
  return asBatch ? [{ links, asBatch }] : links.map((link) => ({ links: [link], asBatch }));
}
