import { expect, test } from '@jest/globals'
import { readArguments } from './arguments.ts'

const names = ['ingest', 'requests']

test('without a name: the whole path, quick', () => {
  const quick = { name: 'ingest', isFull: false, isCheck: false, isJson: false }
  expect(readArguments([], names)).toEqual(quick)
})

test('flags and the name in any order', () => {
  const asked = readArguments(['--json', 'requests', '--check', '--full'], names)
  expect(asked).toEqual({ name: 'requests', isFull: true, isCheck: true, isJson: true })
})

test.each([[['nothing']], [['ingest', 'requests']]])('%j is told what there is', (args) => {
  expect(() => readArguments(args, names)).toThrow(/ingest\|requests/)
})

test('an unknown flag is an error', () => {
  expect(() => readArguments(['--fast'], names)).toThrow(/--fast/)
})
