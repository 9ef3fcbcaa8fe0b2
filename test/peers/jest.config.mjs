import root from '../../jest.config.mjs'

// jest knows --all, and takes it for what it does anyway. Its workers get this environment.
if (process.argv.includes('--all')) process.env.GRANTLOG_PEERS_ALL = '1'

/** The tests against real peers, which `npm run peers` builds. Slower than the others. */
export default {
  ...root,
  roots: ['<rootDir>/test/peers'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 300_000,
}
