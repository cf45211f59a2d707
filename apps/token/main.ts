import { Command } from 'commander';
import { runCommand } from '../custody/run-command.js';
import { addTokenCommands } from '../custody/tokens/token-commands.js';

/** `custody tokens` by its older name. */
const program = new Command('token').exitOverride().showHelpAfterError();
addTokenCommands(program, process.env);
await runCommand(program);
