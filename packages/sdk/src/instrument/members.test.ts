import { expect, test } from '@jest/globals'
import { createReplacements } from './members.ts'

const original = (): string => 'original'
const make = (): unknown => () => 'wrapper'

test('a function has one wrapper, wherever it is exported and however often', () => {
  const { replace, isEmpty, restore } = createReplacements()
  const [one, two]: Record<string, unknown>[] = [{ run: original }, { run: original, other: 7 }]
  expect(isEmpty()).toBe(true)
  for (const exports of [one!, two!, one!]) replace(exports, 'run', make)
  replace(two!, 'other', make)
  replace(two!, 'none', make)
  expect([isEmpty(), one!.run === two!.run, one!.run === original]).toEqual([false, true, false])
  expect(two).toEqual({ run: two!.run, other: 7 })
  restore()
  expect([one, two]).toEqual([{ run: original }, { run: original, other: 7 }])
})

test('what somebody put over a wrapper stays', () => {
  const { replace, restore } = createReplacements()
  const exports: Record<string, unknown> = { run: original }
  replace(exports, 'run', make)
  exports.run = 'theirs'
  restore()
  expect(exports.run).toBe('theirs')
})
