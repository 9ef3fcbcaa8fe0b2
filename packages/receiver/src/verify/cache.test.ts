import { expect, test } from '@jest/globals'
import { VerdictCache, type VerifiedStatement } from './cache.ts'

const verdict = { kid: 'k' } as VerifiedStatement

test('keeps so many verdicts, and drops the one unused for longest', () => {
  const cache = new VerdictCache(2)
  cache.set('a', verdict)
  cache.set('b', verdict)
  cache.get('a')
  cache.set('c', verdict)
  expect(['a', 'b', 'c'].map((name) => cache.get(name) !== undefined)).toEqual([true, false, true])
})
