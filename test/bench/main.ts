import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Benchmark {
  readonly measures: string;
  readonly options?: string;
  /** Runs without being named, since it takes less than about a minute. */
  readonly quick: boolean;
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  latency: {
    measures: "first and second start; from a run's last link to its verdict",
    options: '--builds 31 --starts 5',
    quick: true,
  },
  ingest: {
    measures: 'uploads of links, beside the floor of disk, database and HTTP',
    options: '--uploads 2000 --files 20 --profile FILE --against FOLDER --rounds 3',
    quick: true,
  },
  verdicts: {
    measures: 'GET of a stored verdict, beside a bare route that answers the same bytes',
    options: '--requests 10000 --rounds 3 --profile FILE --against FOLDER',
    quick: true,
  },
  growth: {
    measures: 'ingest and reads while the store around them grows',
    options: '--links 10000,100000,1000000 --builds 200 --rounds 5 --seed 1',
    quick: false,
  },
  capacity: {
    measures: 'what a number of links a year needs, computed from measured costs',
    options: '--links 10000000,1000000000; --help lists the costs, each an option',
    quick: false,
  },
  batch: {
    measures: 'memory of the service while it takes one large batch',
    options: '--mib 200 --line 32',
    quick: false,
  },
  steady: {
    measures: 'from a link to its verdict while links keep coming at a steady rate',
    options: '--rates 20,200 --seconds 60 --against FOLDER --rounds 3',
    quick: false,
  },
  hostile: {
    measures: 'a tenant beside others who use up what they can: its latency, and what the service comes to',
    options: '--phases NAME --seconds 30 --rate 15 --connections 5000 --against FOLDER',
    quick: false,
  },
  archivista: {
    measures: 'Custody and Archivista side by side: uploads and lookups by digest',
    options: '--uploads 2000 --stored 300000 --lookups 3000 --version v0.10.0',
    quick: false,
  },
  evidence: {
    measures: 'finding and verifying the evidence of one build, while the store around it grows',
    options: '--links 10000,100000,1000000 --decoys 10 (per cent) --builds 100 --seed 1',
    quick: false,
  },
  verify: { measures: 'verification itself', quick: true },
  turns: {
    measures: 'how long a hostile upload holds the event loop, in CPU time, shape by shape',
    options: '--only NAME',
    quick: false,
  },
  replay: {
    measures: 'one key of a thousand is rotated: planning, verifying and applying, while links come in',
    options: '--verdicts 200000 --keys 1000 --affected 800 --rounds 3 --uploads 600',
    quick: false,
  },
  index: {
    measures: 'what it costs to find links by the digests of their artifacts, several ways',
    options: '--links 100000,300000 --variants table,short --seed 1',
    quick: false,
  },
};

/** Each benchmark is a program of its own: nothing that one leaves behind can slow the next. */
async function run(name: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [script(name), ...args], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function script(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
}

function list(): void {
  console.log('npm run bench -- NAME [OPTIONS]\n');
  for (const [name, { measures, options, quick }] of present) {
    console.log(`  ${name.padEnd(12)}${measures}${quick ? '' : ' (takes long)'}`);
    if (options) console.log(`  ${''.padEnd(12)}${options}`);
  }
}

const present = Object.entries(benchmarks).filter(([name]) => existsSync(script(name)));
const [name, ...args] = process.argv.slice(2);

if (name === undefined) {
  list();
  for (const [quick] of present.filter(([, benchmark]) => benchmark.quick)) {
    console.log(`\n== ${quick}`);
    process.exitCode = (await run(quick, [])) || process.exitCode;
  }
} else if (present.some(([known]) => known === name)) {
  process.exitCode = await run(name, args);
} else {
  list();
  process.exitCode = 2;
}
