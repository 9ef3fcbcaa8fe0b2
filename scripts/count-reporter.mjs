// The last line of every suite: `N passed, N failed, N skipped`.
// A file that does not load counts as one failure, so that it cannot pass unseen.
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    const skipped = results.numPendingTests + results.numTodoTests
    // After jest's own summary, which is written to stderr.
    setImmediate(() =>
      console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`),
    )
  }
}
