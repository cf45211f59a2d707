import { custodyProgram } from './program.js';
import { runCommand } from './run-command.js';

// npm runs a script in the folder of the package; the files that a command names are where its user is.
if (process.env.npm_lifecycle_event === 'custody' && process.env.INIT_CWD) {
  process.chdir(process.env.INIT_CWD);
}
await runCommand(custodyProgram(process.env));
