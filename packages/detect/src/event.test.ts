import { expect, test } from '@jest/globals'
import { eventFromJson } from './event.ts'
import { MAX_EVENT_CHARS } from './limits.ts'

test('a fixture is an event', () => {
  const line = '{"id":"one","atMs":5,"attributes":{"http.response.status_code":401}}'
  expect(eventFromJson(line)).toEqual({
    ...{ id: 'one', index: null, atMs: 5, receivedMs: 5 },
    attributes: new Map([['http.response.status_code', 401n]]),
  })
})

test('a line of an export is an event: it ended when the record did', () => {
  const attributes = {
    'http.response.status_code': '401',
    'oauth.client.id': '17',
    'oauth.refresh.rotated': true,
  }
  const line = JSON.stringify({
    ...{ index: 7, id: 'one', kid: 'k', instance: 'i', seq: 3, receivedAt: 1_767_225_600_900 },
    startTimeUnixNano: '1767225600000000000',
    endTimeUnixNano: '1767225600250999999',
    attributes,
  })
  expect(eventFromJson(line)).toMatchObject({
    ...{ index: 7, atMs: 1_767_225_600_250, receivedMs: 1_767_225_600_900 },
  })
  const { attributes: read } = eventFromJson(line)
  expect(read.get('http.response.status_code')).toBe(401n)
  expect(read.get('oauth.client.id')).toBe('17')
  expect(read.get('oauth.refresh.rotated')).toBe(true)
})

test.each([
  ['', 'no JSON'],
  ['[]', 'no JSON object'],
  ['{"atMs":1,"attributes":{}}', '`id` is no text'],
  ['{"id":"a","attributes":{}}', 'neither `atMs` nor `endTimeUnixNano` is a time'],
  ['{"id":"a","atMs":1.5,"attributes":{}}', 'neither `atMs` nor `endTimeUnixNano` is a time'],
  ['{"id":"a","atMs":1,"attributes":[]}', '`attributes` is no object'],
  ['{"id":"a","atMs":1,"index":"x","attributes":{}}', '`index` is no place in a log'],
  ['{"id":"a","atMs":1,"attributes":{"a":{}}}', 'an attribute is neither text, whole nor boolean'],
  ['{"id":"a","atMs":1,"attributes":{"client.port":"x"}}', 'an attribute of whole numbers is none'],
])('%s: %s', (line, what) => {
  expect(() => eventFromJson(line)).toThrow(`a line is no event: ${what}`)
})

test('a line is bounded', () => {
  const line = (length: number): string =>
    '{"id":"a","atMs":1,"attributes":{"oauth.client.id":"'.padEnd(length - 3, 'x') + '"}}'
  expect(eventFromJson(line(MAX_EVENT_CHARS)).id).toBe('a')
  expect(() => eventFromJson(line(MAX_EVENT_CHARS + 1))).toThrow(`longer than ${MAX_EVENT_CHARS}`)
})
