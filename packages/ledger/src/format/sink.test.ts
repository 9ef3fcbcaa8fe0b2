import { expect, test } from '@jest/globals'
import { jcsBytes, utf8 } from '@grantlog/record'
import { sinkBytesMax } from '../limits.ts'
import { decodeSinkChange, encodeSinkChange, type SinkChange } from './sink.ts'

const change: SinkChange = { at: 5, commits: 3, name: 'siem', state: 'stopped' }

test('what is encoded is decoded', () => {
  expect(decodeSinkChange(encodeSinkChange(change))).toEqual(change)
})

test('its name is as long as may be, and no longer', () => {
  const named = (length: number) => encodeSinkChange({ ...change, name: 's'.repeat(length) })
  expect(named(64).length).toBeLessThan(sinkBytesMax)
  expect(decodeSinkChange(named(64)).name).toHaveLength(64)
  expect(() => decodeSinkChange(named(65))).toThrow('name')
})

test.each([
  ['length', utf8(' '.repeat(sinkBytesMax + 1))],
  ['not canonical JSON', utf8('{"at": 5}')],
  ['members', jcsBytes({ ...change, url: 'http://127.0.0.1' })],
  ['counts', jcsBytes({ ...change, at: -1 })],
  ['counts', jcsBytes({ ...change, commits: 'many' })],
  ['name', jcsBytes({ ...change, name: 'a name' })],
  ['state', jcsBytes({ ...change, state: 'asleep' })],
])('malformed: %s', (what, content) => {
  expect(() => decodeSinkChange(content)).toThrow(what)
})
