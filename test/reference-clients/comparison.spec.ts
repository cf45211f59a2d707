import { expect, it } from 'vitest';
import { component } from '../support/components.js';
import { execute } from '../support/execute.js';
import { referencePython } from '../support/reference-clients.js';

component('reference-python')('the interpreter that verdicts are compared with', () => {
  it('has the verifier whose behaviour is the yardstick', async () => {
    const versions =
      'import in_toto.verifylib, importlib.metadata as m; print(m.version("in-toto"), m.version("securesystemslib"))';
    expect((await execute(referencePython(), ['-c', versions])).trim()).toBe('2.2.0 0.31.0');
  });
});
