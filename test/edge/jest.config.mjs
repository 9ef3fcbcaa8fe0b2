import root from '../../jest.config.mjs'

const receiver = '<rootDir>/packages/receiver/src'

/**
 * What stands at the edge of a network: every sender, protocol and compression; who may send, and
 * who may not; limits, each reached and passed; and whatever bytes come, for a while.
 */
export default {
  ...root,
  roots: [
    '<rootDir>/test/edge',
    ...['callers', 'receive', 'tenancy'].map((folder) => `${receiver}/${folder}`),
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  reporters: [...root.reporters, '<rootDir>/test/edge/attack-reporter.mjs'],
  testTimeout: 300_000,
}
