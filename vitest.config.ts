import { defineConfig } from 'vitest/config';

// Sources are tested as they are: the `custody-source` condition of package.json#imports resolves to libs/*.ts.
export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions: ['custody-source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['custody-source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'test/**/*.spec.ts'],
    globalSetup: [],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
