import { expect, test } from '@jest/globals'
import { readArguments } from './arguments.ts'

const names = ['ingest', 'requests']

test('without a name: the whole path, quick', () => {
  const quick = { name: 'ingest', isFull: false, isKept: false, isCheck: false, isJson: false }
  expect(readArguments([], names)).toEqual(quick)
})

test('flags and the name in any order', () => {
  const asked = readArguments(['--json', 'requests', '--check', '--full'], names)
  const all = { isFull: true, isKept: true, isCheck: true, isJson: true }
  expect(asked).toEqual({ name: 'requests', ...all })
})

test('quick rounds are kept when that is asked for', () => {
  expect(readArguments(['--keep'], names)).toMatchObject({ isFull: false, isKept: true })
})

test.each([[['nothing']], [['ingest', 'requests']]])('%j is told what there is', (args) => {
  expect(() => readArguments(args, names)).toThrow(/ingest\|requests/)
})

test('an unknown flag is an error', () => {
  expect(() => readArguments(['--fast'], names)).toThrow(/--fast/)
})
