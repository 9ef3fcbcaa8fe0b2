import { expect, test } from '@jest/globals'
import { readFlags, usage } from './flags.ts'

test('flags are read', () => {
  expect(readFlags(['--once', '--jaeger', 'none'])).toMatchObject({ once: true, jaeger: 'none' })
  expect(readFlags([])).toMatchObject({ once: false, json: false, keep: false, verbose: false })
})

test.each([['--help'], ['-h']])('%s is the usage, and a good end', (flag) => {
  expect(readFlags([flag])).toEqual({ say: usage, exit: 0 })
})

test.each([['--onec'], ['once'], ['--jaeger']])('%s is wrong usage, and says so', (arg) => {
  const ended = readFlags([arg])
  expect(ended).toMatchObject({ exit: 2, say: expect.stringContaining(usage) })
  expect((ended as { say: string }).say).toContain(arg)
})
