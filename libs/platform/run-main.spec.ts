import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.js';
import { tellFailure } from './run-main.js';

const failure = (message: string, more: object) => Object.assign(new Error(message), more);

describe('a program that fails', () => {
  it.each([
    ['a taken port', failure('listen EADDRINUSE', { code: 'EADDRINUSE', syscall: 'listen' }), 'CUSTODY_PORT'],
    ['a forbidden port', failure('listen EACCES', { code: 'EACCES', syscall: 'listen' }), 'CUSTODY_PORT'],
    ['an unreachable database', failure('connect', { code: 'ECONNREFUSED' }), 'DATABASE_URL'],
    ['a wrong password', failure('authentication failed', { code: '28P01' }), 'DATABASE_URL'],
    ['a folder that cannot be written', failure('mkdir', { code: 'EACCES' }), 'CUSTODY_DATA_DIR'],
  ])('of %s names the setting', (_what, error, setting) => {
    const told = tellFailure(error);
    expect(told).toContain(setting);
    expect(told).toContain(error.message);
    expect(told).not.toContain('    at ');
  });

  it('of a name with several addresses says what each answered', () => {
    const errors = [new Error('connect ::1'), new Error('connect 127.0.0.1')];
    const told = tellFailure(Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' }));
    expect(told).toMatch(/^connect ::1; connect 127\.0\.0\.1\n/);
  });

  it('of bad settings tells them, and of anything unforeseen its stack', () => {
    expect(tellFailure(new ConfigError('CUSTODY_PORT: what?'))).not.toContain('    at ');
    expect(tellFailure(new Error('what?'))).toContain('    at ');
  });
});
