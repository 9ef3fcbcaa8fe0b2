import { expect, test } from '@jest/globals'
import { VerdictCache } from './cache.ts'

const verdict = { kid: 'k' }

test('keeps so many verdicts, and drops the one unused for longest', () => {
  const cache = new VerdictCache<typeof verdict>(2)
  cache.set('a', verdict)
  cache.set('b', verdict)
  cache.get('a')
  cache.set('c', verdict)
  expect(['a', 'b', 'c'].map((name) => cache.get(name) !== undefined)).toEqual([true, false, true])
})
