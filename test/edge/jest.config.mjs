import root from '../../jest.config.mjs'

/** What stands at the edge of a network: every sender, protocol and compression. */
export default {
  ...root,
  roots: ['<rootDir>/test/edge'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 300_000,
}
