import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { COMPONENTS, type ComponentName } from './components.js';

/** Closes a run with what was left out and why, and with one plain line of counts for those who read logs by machine. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    this.printMissing(modules);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    const brokenFiles = modules.filter((module) => module.errors().length > 0).length;
    console.log(
      `${count('passed')} passed, ${count('failed') + brokenFiles} failed, ${count('skipped')} skipped`,
    );
  }

  private printMissing(modules: readonly TestModule[]): void {
    const missing = new Map<ComponentName, number>();
    for (const suite of modules.flatMap((module) => [...module.children.allSuites()])) {
      const name = /\(needs (\S+)\)$/.exec(suite.name)?.[1];
      if (name === undefined || !isComponent(name)) continue;
      const left = [...suite.children.allTests()].filter(isSkipped).length;
      missing.set(name, (missing.get(name) ?? 0) + left);
    }
    if (missing.size === 0) return;
    console.log('\nSkipped, because this machine lacks (CUSTODY_REQUIRE_ALL=1 makes it a failure):');
    for (const [name, tests] of missing) {
      console.log(`  ${name}, for ${tests} tests. To install: ${COMPONENTS[name].install}`);
    }
  }
}

function isSkipped(test: TestCase): boolean {
  return test.result().state === 'skipped';
}

function isComponent(name: string): name is ComponentName {
  return name in COMPONENTS;
}
