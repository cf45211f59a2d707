import type { Command } from 'commander';
import { connect, type Environment } from '../connect.js';
import { writeOutput } from '../files.js';
import { readSigningKey } from '../keys/signing-key.js';
import { chainOption, collect, time } from '../options.js';
import { note, print } from '../output.js';
import { type Amendment, amendLayout } from './amend-layout.js';
import { describeLayout } from './describe-layout.js';
import { openLayout, readLayoutFile, writeContainer } from './layout-file.js';
import { LAYOUT_ARGUMENT, namedLayout } from './named-layout.js';
import { signLayout } from './sign-layout.js';

interface Signing {
  readonly key: string;
  readonly keyid?: string;
  readonly out?: string;
}

/** What is done with a layout before it is posted, on the machines of those who write and sign it. */
export function addLayoutFileCommands(layouts: Command, env: Environment): void {
  layouts
    .command('show')
    .description('show a layout, or write it to a file byte for byte')
    .argument('<layout>', LAYOUT_ARGUMENT)
    .addOption(chainOption())
    .option('--out <file>', 'write it there, as it was posted')
    .option('--json', 'print it as it was posted')
    .action(async (name: string, { chain, out, json }: { chain?: string; out?: string; json?: boolean }) => {
      const service = connect(env);
      const id = await namedLayout(service, chain, name);
      const response = await service.open('GET', `/layouts/${id}`, { query: { chain } });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (out !== undefined) {
        await writeOutput(out, bytes);
        note(`Layout ${id} is in ${out}.`);
        return;
      }
      const { layout, metadata } = openLayout(bytes);
      print(json ? bytes.toString('utf8') : describeLayout(layout, metadata));
    });

  layouts
    .command('amend')
    .description('write a new layout from another: with other keys or a later expiry, and without signatures')
    .argument('<file>', 'the layout to start from, signed or not')
    .option('--add-key <step=file>', 'this public key may sign the step, beside the others', collect)
    .option('--remove-key <step=file>', 'this public key may sign the step no longer', collect)
    .option('--expires <time>', 'when it expires', time)
    .requiredOption('--out <file>', 'where to write it')
    .action(async (file: string, { out, ...amendment }: Amendment & { out: string }) => {
      const { layout } = await readLayoutFile(file);
      const written = writeContainer(await amendLayout(layout, amendment));
      await writeOutput(out, written);
      const amended = openLayout(Buffer.from(written));
      note(describeLayout(amended.layout, amended.metadata));
      note(`Written to ${out}. Owners sign it: custody layouts sign ${out} --key THEIR.pem`);
    });

  layouts
    .command('sign')
    .description('add a signature, beside those that are there; nothing is sent anywhere')
    .argument('<file>', 'the layout: Metablock, DSSE envelope or bare')
    .requiredOption('--key <pem>', 'the private key of an owner')
    .option('--keyid <id>', 'what the chain calls the key, if not as in-toto 2 and 3 do')
    .option('--out <file>', 'where to write it (default: in its place)')
    .action(async (file: string, { key, keyid, out = file }: Signing) => {
      const signer = await readSigningKey(key);
      const unsigned = await readLayoutFile(file);
      const signed = signLayout(unsigned, signer, keyid);
      if (signed === undefined) {
        note(`${key} has signed it already.`);
        return;
      }
      await writeOutput(out, signed);
      const { layout, metadata } = openLayout(Buffer.from(signed));
      note(describeLayout(layout, metadata));
      note(`Signed with ${key}: ${out}`);
    });
}
