import type { Reporter, TestModule } from "vitest/node";

/** The last line of a test run: `12 passed, 0 failed, 1 skipped`. A failed check counts as failed too. */
// oxlint-disable-next-line import/no-default-export -- vitest loads a reporter by its default export
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++;
      // A file that fails outside of its tests has none that could tell.
      if (module.errors().length > 0) count.failed++;
    }
    for (const step of (process.env["FAILED_STEPS"] ?? "").split(" ").filter(Boolean)) {
      console.log(`npm run ${step} failed: see above`);
      count.failed++;
    }
    const skipped = count.skipped + count.pending;
    console.log(`${count.passed} passed, ${count.failed} failed, ${skipped} skipped`);
  }
}
