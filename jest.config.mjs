/**
 * Unit, integration and end-to-end tests on embedded parts. The real peers have their own,
 * test/peers, and so have the edge of the network, test/edge, the faults, test/crash, and the
 * console in a browser, test/browser.
 */
export default {
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/examples', '<rootDir>/packages', '<rootDir>/test'],
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    ...['/node_modules/', '/dist/'],
    '<rootDir>/test/(browser|crash|edge|peers)/',
  ],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/scripts/strip-types.mjs' },
  testEnvironmentOptions: { customExportConditions: ['@grantlog/source', 'node', 'node-addons'] },
  coverageProvider: 'v8',
  reporters: ['default', '<rootDir>/scripts/count-reporter.mjs'],
  // Tests mostly wait for the processes that they start.
  maxWorkers: '100%',
  testTimeout: 120_000,
}
