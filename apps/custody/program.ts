import { Command } from 'commander';
import { VERSION } from '#platform/version.js';
import { addChainCommands } from './chains/chain-commands.js';
import { DEFAULT_URL, type Environment } from './connect.js';
import { addEventCommands } from './events/event-commands.js';
import { addKeyCommands } from './keys/key-commands.js';
import { addLayoutCommands } from './layouts/layout-commands.js';
import { addLinkCommands } from './links/link-commands.js';
import { addReplayCommands } from './replays/replay-commands.js';
import { addRootCommands } from './roots/root-commands.js';
import { addTokenCommands } from './tokens/token-commands.js';
import { addVerdictCommands } from './verdicts/verdict-commands.js';

const ENVIRONMENT = `
Environment:
  CUSTODY_URL         address of the service (default ${DEFAULT_URL})
  CUSTODY_TOKEN       access token; tokens are never arguments, which everybody on the machine can see
  CUSTODY_TOKEN_FILE  or a file that holds it
  CUSTODY_CHAIN       the supply chain, unless --chain names one

Ends with 0 when done, 1 when the service refuses or the thing is not there, 2 when the command is given wrongly,
3 when the service cannot be reached.`;

const EXAMPLES = `
Examples:
  $ custody keys list --chain acme/web
  $ custody layouts sign layout.json --key alice.pem
  $ custody keys compromise builder.pub --reason "laptop stolen" --since 2026-11-20
  $ custody replays plan --key builder.pub --reason "laptop stolen"

docs/key-rotation.md walks through a rotation, a theft and a change of owners.
`;

/** The whole command line. Nothing is read or connected before a command needs it. */
export function custodyProgram(env: Environment): Command {
  const program = new Command('custody')
    .description('Whom a supply chain trusts, and what its verdicts are worth when that changes.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for how it is used)')
    .addHelpText('after', EXAMPLES + ENVIRONMENT);
  addChainCommands(program.command('chains'), env);
  addKeyCommands(program.command('keys'), env);
  addLayoutCommands(program.command('layouts'), env);
  addRootCommands(program.command('root'), env);
  addReplayCommands(program.command('replays'), env);
  addEventCommands(program.command('events'), env);
  addLinkCommands(program.command('links'), env);
  addVerdictCommands(program.command('verdicts'), env);
  addTokenCommands(program.command('tokens'), env);
  return program;
}
