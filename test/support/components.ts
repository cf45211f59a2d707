import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';
import { cached } from './cache.js';

/** Something real that a suite needs and a machine may lack. */
interface Component {
  readonly isPresent: () => boolean;
  readonly install: string;
}

// Other releases have another version under the same name of program.
const DEBIAN_12_CLIENT = '/usr/lib/python3/dist-packages/in_toto-1.3.1.dist-info';

export type ComponentName = keyof typeof COMPONENTS;

export const COMPONENTS = {
  redis: {
    isPresent: () => Boolean(process.env.REDIS_TEST_URL) || isOnPath('redis-server'),
    install: 'apt-get install redis-server, or set REDIS_TEST_URL',
  },
  // A server that the test may kill and pause.
  'redis-server': {
    isPresent: () => isOnPath('redis-server'),
    install: 'apt-get install redis-server',
  },
  s3: {
    isPresent: () => Boolean(process.env.S3_TEST_ENDPOINT) || existsSync(cached('bin/versitygw')),
    install: 'bash .ci/install-s3, or set S3_TEST_ENDPOINT',
  },
  jq: {
    isPresent: () => isOnPath('jq') && isOnPath('curl'),
    install: 'apt-get install jq curl',
  },
  busybox: {
    isPresent: () => isOnPath('busybox'),
    install: 'apt-get install busybox',
  },
  go: {
    isPresent: () => isOnPath('go'),
    install: 'Go 1.25 or newer',
  },
  curl: {
    isPresent: () => isOnPath('curl'),
    install: 'apt-get install curl',
  },
  nginx: {
    isPresent: () => isOnPath('nginx') || existsSync('/usr/sbin/nginx'),
    install: 'apt-get install nginx-light',
  },
  requests: {
    isPresent: () => existsSync('/usr/lib/python3/dist-packages/requests'),
    install: 'apt-get install python3-requests',
  },
  // PostgreSQL's own, of the version of the embedded server.
  'pg-dump': {
    isPresent: () => existsSync(cached('postgres-tools/programs/pg_dump')),
    install: 'bash .ci/install-postgres-tools',
  },
  's3-server': {
    isPresent: () => existsSync(cached('bin/versitygw')),
    install: 'bash .ci/install-s3',
  },
  'reference-1.3.1': {
    isPresent: () => existsSync(DEBIAN_12_CLIENT),
    install: 'bash .ci/install-reference-clients (on Debian 12)',
  },
  'reference-3.x': {
    isPresent: () => existsSync(cached('reference-3.x/bin/in-toto-run')),
    install: 'bash .ci/install-reference-clients',
  },
  'reference-python': {
    isPresent: () => Boolean(process.env.CUSTODY_PYTHON) || existsSync(cached('reference-2.2.0/bin/python')),
    install: 'bash .ci/install-reference-clients, or set CUSTODY_PYTHON',
  },
} as const satisfies Record<string, Component>;

/**
 * `describe` for a suite that needs a component. Without it the suite is skipped, and the end of the run says so with
 * the way to install it; with CUSTODY_REQUIRE_ALL=1, as in CI, it fails.
 */
export function component(name: ComponentName): (title: string, suite: () => void) => void {
  const { isPresent, install } = COMPONENTS[name];
  if (isPresent()) return (title, suite) => void describe(title, suite);
  if (process.env.CUSTODY_REQUIRE_ALL !== '1') {
    return (title, suite) => void describe.skip(`${title} (needs ${name})`, suite);
  }
  return (title) => {
    describe(title, () => {
      it(`needs ${name}`, () => {
        throw new Error(`${name} is missing and CUSTODY_REQUIRE_ALL=1 is set. Install it: ${install}`);
      });
    });
  };
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, program)));
}
