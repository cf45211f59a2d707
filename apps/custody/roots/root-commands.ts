import type { Command } from 'commander';
import type { ListedRoot } from '#trust/roots/list-roots.js';
import type { AcceptedRoot } from '#trust/roots/root-service.js';
import { connect, type Environment } from '../connect.js';
import { writeOutput } from '../files.js';
import { readSigningKey } from '../keys/signing-key.js';
import { chainOption, collect, jsonOption, reasonOption } from '../options.js';
import { note, show } from '../output.js';
import { describePayload, describeRoots } from './describe-root.js';
import { ownerCount } from './named-owners.js';
import { type Proposal, proposeRoot } from './propose-root.js';
import { addSignature, readRoot, writeRoot } from './root-document.js';

interface Given {
  readonly chain?: string;
  readonly json?: boolean;
}

export function addRootCommands(root: Command, env: Environment): void {
  root
    .description('The trust root of a chain: who owns it, and how many owners sign its layouts.')
    .addHelpText('after', EXAMPLES);

  root
    .command('show')
    .description('show the root in force, and those before it')
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async ({ chain, json }: Given) => {
      const answer = await connect(env).get<{ roots: ListedRoot[] }>('/roots', { chain });
      show(answer, { json }, () => describeRoots(answer.roots));
    });

  root
    .command('propose')
    .description('write the root that would follow the one in force, for the owners to sign')
    .requiredOption(
      '--owner <name=file>',
      'an owner and a public key; once for each key, and every owner that there shall be',
      collect,
    )
    .requiredOption(
      '--threshold <count>',
      'how many distinct owners sign a layout, and the next root',
      ownerCount,
    )
    .requiredOption('--out <file>', 'where to write it')
    .addOption(chainOption())
    .action(async ({ out, ...proposal }: Proposal & { out: string }) => {
      const payload = await proposeRoot(connect(env), proposal);
      await writeOutput(out, writeRoot(payload));
      note(describePayload(payload));
      note(`Written to ${out}. Owners before and after sign it: custody root sign ${out} --key THEIR.pem`);
    });

  root
    .command('sign')
    .description('add a signature; nothing is sent anywhere')
    .argument('<file>', 'the root, as `root propose` wrote it')
    .requiredOption('--key <pem>', 'the private key of an owner before or after')
    .option('--out <file>', 'where to write it (default: in its place)')
    .action(async (file: string, { key: keyFile, out = file }: { key: string; out?: string }) => {
      const key = await readSigningKey(keyFile);
      const { bytes, payload } = await readRoot(file);
      const signed = addSignature(bytes, key);
      note(describePayload(payload));
      if (signed === undefined) {
        note(`${keyFile} has signed it already.`);
        return;
      }
      await writeOutput(out, signed);
      note(`Signed with ${keyFile}: ${out}`);
    });

  root
    .command('post')
    .description('put the next root in force, once owners before and after have signed it')
    .argument('<file>', 'the signed root')
    .addOption(reasonOption())
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async (file: string, { chain, json, reason }: Given & { reason: string }) => {
      const { bytes, payload } = await readRoot(file);
      const query = { chain: chain ?? payload.chain, reason };
      const answer = await connect(env).post<AcceptedRoot>('/roots', { query, body: bytes });
      show(answer, { json }, () => `Root ${answer.version} of ${payload.chain} is in force.`);
    });
}

const EXAMPLES = `
Examples:
  $ custody root propose --chain acme/web --owner alice=alice-2.pub --owner bob=bob.pub --threshold 2 --out root-2.json
  $ custody root sign root-2.json --key bob.pem
  $ custody root post root-2.json --reason "alice has a new key"`;
