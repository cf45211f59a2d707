import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { Answer } from '#verdicts/answer.js';
import { connect, type Environment } from '../connect.js';
import { chainOption, jsonOption } from '../options.js';
import { show } from '../output.js';
import { describeVerdict } from './describe-verdict.js';

interface Given {
  readonly chain?: string;
  readonly wait: number;
  readonly json?: boolean;
}

/** Pending because nobody has looked yet, not because something is missing. */
const UNDER_WAY = ['VERIFICATION_QUEUED', 'LAYOUT_CHANGED', 'RULES_CHANGED'];
const ASK_AGAIN_MS = 250;

export function addVerdictCommands(verdicts: Command, env: Environment): void {
  verdicts.description('Whether digests may be deployed.');

  verdicts
    .command('show')
    .description('show the verdict on a digest; whether it is allowed makes no difference to how this ends')
    .argument('<digest>', 'e.g. sha256:9f86d081…')
    .option('--wait <seconds>', 'for a verification that is under way', seconds, 0)
    .addOption(chainOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  $ custody verdicts show sha256:9f86d081… --wait 30 --chain acme/web')
    .action(async (digest: string, { chain, wait, json }: Given) => {
      const service = connect(env);
      const ask = () => service.get<Answer>(`/verdicts/${encodeURIComponent(digest)}`, { chain });
      const deadline = Date.now() + wait * 1_000;
      let answer = await ask();
      while (isUnderWay(answer) && Date.now() < deadline) {
        await sleep(ASK_AGAIN_MS);
        answer = await ask();
      }
      show(answer, { json }, describeVerdict);
    });
}

function isUnderWay({ verdict, findings }: Answer): boolean {
  return verdict === 'pending' && findings.some(({ code }) => UNDER_WAY.includes(code));
}

function seconds(text: string): number {
  if (!/^\d{1,4}$/.test(text)) {
    throw new InvalidArgumentError('Give a whole number of seconds.');
  }
  return Number(text);
}
