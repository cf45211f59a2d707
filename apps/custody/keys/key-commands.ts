import { type Command, Option } from 'commander';
import type { KeyHistory, KeyInfo } from '#trust/keys/key-info.js';
import { connect, type Environment } from '../connect.js';
import { chainOption, jsonOption, reasonOption, time } from '../options.js';
import { card, show } from '../output.js';
import { describeKey, describeKeys } from './describe-key.js';
import { generateKey, KEY_TYPES, type KeyType } from './generate-key.js';
import { addKeyChangeCommands } from './key-change-commands.js';
import { KEY_ARGUMENT, namedKey } from './named-key.js';
import { readPublicKey } from './public-key-file.js';

interface Given {
  readonly chain?: string;
  readonly json?: boolean;
}

interface Description extends Given {
  readonly owner?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly reason: string;
}

export function addKeyCommands(keys: Command, env: Environment): void {
  keys
    .description('The keys that a chain has known: who holds them, and whether their signatures count.')
    .addHelpText('after', EXAMPLES);

  keys
    .command('list')
    .description('show the keys of a chain')
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async ({ chain, json }: Given) => {
      const answer = await connect(env).get<{ keys: KeyInfo[] }>('/keys', { chain });
      show(answer, { json }, () => describeKeys(answer.keys));
    });

  keys
    .command('show')
    .description('show a key with everything that was recorded about it')
    .argument('<key>', KEY_ARGUMENT)
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async (name: string, { chain, json }: Given) => {
      const service = connect(env);
      const key = await namedKey(service, chain, name);
      show(await service.get<KeyHistory>(`/keys/${key}`, { chain }), { json }, describeKey);
    });

  keys
    .command('add')
    .description('register a key, or say of a known one who holds it and when it is valid')
    .argument('<file>', 'the public key: PEM, or an in-toto key object')
    .option('--owner <name>', 'the person or system that holds it; thresholds count owners')
    .option('--not-before <time>', 'signatures received before that do not count', time)
    .option('--not-after <time>', 'signatures received after that do not count', time)
    .addOption(reasonOption())
    .addOption(chainOption())
    .addOption(jsonOption())
    .action(async (file: string, { chain, json, owner, notBefore, notAfter, reason }: Description) => {
      const key = await readPublicKey(file);
      const body = { key: key.raw, owner, notBefore, notAfter, reason };
      const answer = await connect(env).post<KeyHistory>('/keys', { query: { chain }, body });
      show(answer, { json }, describeKey);
    });

  addKeyChangeCommands(keys, env);

  keys
    .command('generate')
    .description('make a key pair: FILE, for you alone, and the public key beside it')
    .argument('<file>', 'e.g. builder.pem; the public key is then builder.pub')
    .addOption(new Option('--type <type>', 'kind of key').choices(KEY_TYPES).default('ed25519'))
    .addOption(new Option('--json', 'print the in-toto key object, its id and its fingerprint as JSON'))
    .action(async (file: string, { type, json }: { type: KeyType; json?: boolean }) => {
      const { key, publicPath } = await generateKey(file, type);
      const { publicKey, fingerprint } = key;
      const answer = { keyid: publicKey.keyid, fingerprint, key: publicKey.raw };
      show(answer, { json }, () =>
        card([
          ['private key', file],
          ['public key', publicPath],
          ['key id', publicKey.keyid],
          ['fingerprint', fingerprint],
        ]),
      );
    });
}

const EXAMPLES = `
Examples:
  $ custody keys generate builder.pem
  $ custody keys add builder.pub --owner "build farm" --reason "new build farm" --chain acme/web
  $ custody keys retire builder.pub --effective 2026-12-31 --reason "replaced by builder-2" --chain acme/web
  $ custody keys compromise 3f9a1c07d2e4 --reason "laptop stolen" --chain acme/web
  $ custody keys undo builder.pub --undoes 17 --reason "the laptop was found, sealed" --chain acme/web`;
