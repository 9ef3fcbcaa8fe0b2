import root from '../../jest.config.mjs'

// jest knows --full no more than --all: run.mjs tells it by the environment.
/** The console in a real Chromium. */
export default {
  ...root,
  roots: ['<rootDir>/test/browser'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 300_000,
  // One browser and one world at a time: two cores are what there is.
  maxWorkers: 1,
}
