import root from '../../jest.config.mjs'

/** The filesystem model and the table of faults; run.mjs runs them. */
export default {
  ...root,
  roots: ['<rootDir>/test/crash'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  reporters: [...root.reporters, '<rootDir>/test/crash/fault-reporter.mjs'],
  testTimeout: 600_000,
}
