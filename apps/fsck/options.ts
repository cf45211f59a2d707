import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { SampleSize } from '#fsck/sample.js';

export interface Options {
  readonly repair: boolean;
  readonly rebuild: boolean;
  readonly json: boolean;
  readonly sample: SampleSize;
  readonly verdicts: SampleSize;
  readonly seed: string;
  readonly grace: number;
  readonly from: string | undefined;
}

/** Reads the command line; tells what is wrong with it, or help, and ends. */
export function readOptions(argv: readonly string[]): Options {
  const program = new Command('fsck')
    .description(
      'Check the blob store and the index against each other, and verdicts against the evidence.\n\n' +
        'Reads the settings of the service (DATABASE_URL, CUSTODY_DATA_DIR, CUSTODY_S3_…) and may run beside it.\n' +
        'Reports, and changes nothing unless told to.',
    )
    .option('--repair', 'mend what can be mended from the bytes and the journal; nothing signed is removed')
    .addOption(
      new Option('--rebuild', 'make an empty index anew from the blob store alone').conflicts([
        'repair',
        'sample',
        'verdicts',
      ]),
    )
    .option(
      '--sample <size>',
      'links whose bytes are read, 5000 or 10%; others are only looked for (default: all)',
      size,
    )
    .option('--verdicts <size>', 'verdicts that are computed again, 5000 or 10% (default: 1000)', size)
    .option('--seed <text>', 'choose the samples of an earlier check')
    .option('--grace <seconds>', 'what is younger may still be under way', seconds, 3_600)
    .option('--from <folder>', 'with --repair: a copy of the blobs, for those that are lost or damaged')
    .option('--json', 'the report as JSON')
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError()
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  const given = program.parse(argv).opts<Partial<Options> & Pick<Options, 'grace'>>();
  return {
    repair: given.repair ?? false,
    rebuild: given.rebuild ?? false,
    json: given.json ?? false,
    sample: given.sample ?? { share: 1 },
    verdicts: given.verdicts ?? { count: 1_000 },
    seed: given.seed ?? randomBytes(4).toString('hex'),
    grace: given.grace,
    from: given.from,
  };
}

const EXIT_CODES = `
Exit codes: 0 nothing found, 1 something found (also when it was mended), 2 the check could not be made.`;

function size(text: string): SampleSize {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (share !== undefined && Number(share) <= 100) {
    return { share: Number(share) / 100 };
  }
  if (/^\d+$/.test(text)) {
    return { count: Number(text) };
  }
  throw new InvalidArgumentError('Give a number, or a share such as 10%.');
}

function seconds(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new InvalidArgumentError('Give a whole number of seconds.');
  }
  return Number(text);
}
