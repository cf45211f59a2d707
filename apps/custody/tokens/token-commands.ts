import { type Command, InvalidArgumentError, Option } from 'commander';
import { principalName } from '#access/principal-name.js';
import type { TokenInfo, TokenRequest } from '#access/token-service.js';
import type { Environment } from '../connect.js';
import { jsonOption } from '../options.js';
import { note, print, show, table } from '../output.js';
import { type TokenStore, tokenStore } from './token-store.js';

const SCOPES = ['ingest', 'read', 'operate'] as const satisfies TokenRequest['scopes'];

interface Given {
  readonly name: string;
  readonly scope: TokenRequest['scopes'];
  readonly chain?: string;
  readonly days: number;
  readonly principal?: string;
  readonly succeeds?: string;
}

export function addTokenCommands(tokens: Command, env: Environment): void {
  tokens
    .summary('make, list and revoke access tokens')
    .description(
      'Make, list and revoke access tokens.\n\n' +
        'Works through the service with an operator token, or straight on the database when only DATABASE_URL is set,\n' +
        'which is how the first token of a distributed installation is made.',
    );

  tokens
    .command('create')
    .description('make a token and print it; it is shown this once')
    .requiredOption('--name <name>', 'what it is for, e.g. "acme/web on GitHub Actions"')
    .addOption(new Option('--scope <scope...>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .option('--chain <chain>', 'the one supply chain it may touch (default: every chain)')
    .option('--days <days>', 'days until it expires, 1 to 365', days, 90)
    .option(
      '--principal <name>',
      'the principal whose token it is: all that share the name post as one (default: one of its own)',
      principal,
    )
    .addOption(
      new Option(
        '--succeeds <id>',
        'the token whose place it takes, by its id: it belongs to the same principal, also when that one is revoked',
      ).conflicts('principal'),
    )
    .action(async ({ scope: scopes, ...given }: Given) => {
      const token = await use(env, (store) => store.create({ ...given, scopes }));
      note(line(token).join('  '));
      print(token.token);
    });

  tokens
    .command('list')
    .description('show every token, without its secret')
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const listed = await use(env, (store) => store.list());
      show({ tokens: listed }, options, () =>
        table(['ID', 'PRINCIPAL', 'SCOPES', 'CHAIN', 'STATE', 'NAME'], listed.map(line)),
      );
    });

  tokens
    .command('revoke')
    .argument('<id>', 'the id, as `list` shows it')
    .description('end a token; it stops working everywhere within two seconds')
    .action(async (id: string) => {
      await use(env, (store) => store.revoke(id));
      note(`revoked ${id}`);
    });
}

function days(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 365) {
    throw new InvalidArgumentError('Give a whole number from 1 to 365.');
  }
  return value;
}

function principal(text: string): string {
  const given = principalName.safeParse(text);
  if (!given.success) {
    throw new InvalidArgumentError(given.error.issues.map(({ message }) => message).join('; '));
  }
  return given.data;
}

async function use<T>(env: Environment, work: (store: TokenStore) => Promise<T>): Promise<T> {
  const store = await tokenStore(env);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function line(token: TokenInfo): string[] {
  const state = token.revokedAt ? `revoked ${token.revokedAt}` : `until ${token.expiresAt}`;
  return [token.id, token.principal, token.scopes.join(','), token.chain ?? 'every chain', state, token.name];
}
