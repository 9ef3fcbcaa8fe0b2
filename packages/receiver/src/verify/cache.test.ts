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

test('the same as a list that is gone through each time, over many uses', () => {
  const cache = new VerdictCache<number>(8)
  let kept: string[] = []
  let next = 1
  for (let at = 0; at < 5_000; at++) {
    // A generator of our own (Numerical Recipes), so that a failure comes again.
    next = (Math.imul(next, 1_664_525) + 1_013_904_223) >>> 0
    const name = String((next >>> 16) % 24)
    const isKept = kept.includes(name)
    expect([at, cache.get(name) !== undefined]).toEqual([at, isKept])
    if (!isKept) cache.set(name, at)
    kept = [...kept.filter((each) => each !== name), name].slice(-8)
  }
})
