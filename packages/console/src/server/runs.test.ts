// Guarantee: a run that cannot be begun is over, and stands in nobody's way.
import { expect, test } from '@jest/globals'
import { openRuns } from './runs.ts'

test('one that cannot be started has broken off, and the next one may', async () => {
  const note = { read: () => Promise.resolve(null), write: () => Promise.resolve() }
  const runs = await openRuns(
    () => {
      throw new Error('no more descriptors')
    },
    { note },
  )
  for (let i = 0; i < 2; i++) runs.start({ what: 'tree', service: '' }, 'console')
  expect(runs.last).toMatchObject({ state: 'broken-off' })
})
