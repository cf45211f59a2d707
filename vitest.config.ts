import { defineConfig } from 'vitest/config';

// Sources are tested as they are: the `custody-source` condition of package.json#imports resolves to libs/*.ts.
// Conditions reach Node itself: with `import` among them, a CommonJS dependency would be given ES modules by require().
const conditions = ['custody-source', 'node'];

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['apps/**/*.spec.ts', 'libs/**/*.spec.ts', 'test/**/*.spec.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Real servers make tests wait more than they compute.
    maxWorkers: '100%',
    // No test changes what another imports, and importing the service anew for each file costs more than its tests.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
