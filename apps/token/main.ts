import { Command, InvalidArgumentError, Option } from 'commander';
import type { TokenInfo, TokenRequest } from '#access/token-service.js';
import { scopes } from '#platform/access.js';
import { runMain } from '#platform/run-main.js';
import { tokenStore } from './token-store.js';

const program = new Command('token')
  .description(
    'Make, list and revoke access tokens.\n\n' +
      'Works through the service when CUSTODY_TOKEN holds an operator token (CUSTODY_URL, default http://127.0.0.1:8470),\n' +
      'or straight on the database when DATABASE_URL is set, which is how the first token of a distributed installation is made.',
  )
  .showHelpAfterError();

program
  .command('create')
  .description('make a token and print it; it is shown this once')
  .requiredOption('--name <name>', 'what it is for, e.g. "acme/web on GitHub Actions"')
  .addOption(new Option('--scope <scope...>', 'what it may do').choices(scopes).makeOptionMandatory())
  .option('--chain <chain>', 'the one supply chain it may touch (default: every chain)')
  .option('--days <days>', 'days until it expires, 1 to 365', days, 90)
  .action(async (given: { name: string; scope: TokenRequest['scopes']; chain?: string; days: number }) => {
    const token = await use((store) =>
      store.create({ name: given.name, scopes: given.scope, chain: given.chain, days: given.days }),
    );
    process.stderr.write(`${describe(token)}\n`);
    process.stdout.write(`${token.token}\n`);
  });

program
  .command('list')
  .description('show every token, without its secret')
  .action(async () => {
    for (const token of await use((store) => store.list())) {
      process.stdout.write(`${describe(token)}\n`);
    }
  });

program
  .command('revoke')
  .argument('<id>', 'the id, as `list` shows it')
  .description('end a token; it stops working everywhere within two seconds')
  .action(async (id: string) => {
    await use((store) => store.revoke(id));
    process.stderr.write(`revoked ${id}\n`);
  });

function days(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 365) {
    throw new InvalidArgumentError('Give a whole number from 1 to 365.');
  }
  return value;
}

async function use<T>(work: (store: Awaited<ReturnType<typeof tokenStore>>) => Promise<T>): Promise<T> {
  const store = await tokenStore(process.env);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function describe(token: TokenInfo): string {
  const state = token.revokedAt ? `revoked ${token.revokedAt}` : `until ${token.expiresAt}`;
  return [token.id, token.scopes.join(','), token.chain ?? 'every chain', state, token.name].join('  ');
}

await runMain(async () => {
  await program.parseAsync();
});
