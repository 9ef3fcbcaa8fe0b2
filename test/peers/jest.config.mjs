import root from '../../jest.config.mjs'

/** The tests against real peers, which `npm run peers` builds. Slower than the others. */
export default {
  ...root,
  roots: ['<rootDir>/test/peers'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 300_000,
}
