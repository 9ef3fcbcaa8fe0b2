// Claims on edits: a click writes what somebody would have typed, and a second click takes it back.
import { expect, test } from '@jest/globals'
import * as edit from './edit.ts'

const { standOf, timeRangeOf, toggleExclude, toggleFilter, valueText, withTimeRange } = edit

test('values are quoted where they must be', () => {
  const told: readonly (readonly [string, string])[] = [
    ...([
      ['web', 'web'],
      ['-24h', '-24h'],
      ['GET /a', '"GET /a"'],
      ['a*', '"a*"'],
    ] as const),
    ...([
      ['>2', '">2"'],
      ['a..b', '"a..b"'],
      ['a"b\\', String.raw`"a\"b\\"`],
    ] as const),
    ...([
      ['a,b', '"a,b"'],
      ['', '""'],
      ['oauth:x', 'oauth:x'],
    ] as const),
    ['<a b\nc(1)', '*a*b*c*1*'],
  ]
  for (const [value, text] of told) expect(valueText(value)).toBe(text)
})

test('a filter is added, widened and taken back', () => {
  const one = toggleFilter('after:-1h', 'client', 'web')
  expect(one).toBe('after:-1h client:web')
  const two = toggleFilter(one, 'client', 'a b')
  expect(two).toBe('after:-1h client:web,"a b"')
  expect(standOf(two, 'client', 'a b')).toBe('in')
  expect(toggleFilter(two, 'client', 'web')).toBe('after:-1h client:"a b"')
  expect(toggleFilter(one, 'client', 'web')).toBe('after:-1h')
  expect(toggleFilter(toggleFilter('', 'client', 'a\nb'), 'client', 'a\nb')).toBe('')
})

test('an exclusion takes the place of a filter, and the other way round', () => {
  expect(toggleExclude('client:web x', 'client', 'web')).toBe('x -client:web')
  expect(toggleFilter('x -client:web', 'client', 'web')).toBe('x client:web')
  expect(toggleExclude('x -client:web', 'client', 'web')).toBe('x')
  expect(standOf('-client:web', 'client', 'web')).toBe('out')
  expect(standOf('-client:web', 'client', 'mobile')).toBeNull()
})

test('what stands on either side of an OR stays together', () => {
  expect(toggleFilter('a OR b', 'client', 'web')).toBe('(a OR b) client:web')
  expect(toggleFilter('client:x OR b', 'client', 'web')).toBe('(client:x OR b) client:web')
})

test('a time range takes the place of the one before, and of nothing else', () => {
  const query = 'client:web after:-24h x before:2026-01-31'
  expect(timeRangeOf(query)).toEqual({ after: '-24h', before: '2026-01-31' })
  expect(withTimeRange(query, { after: '-15m', before: '' })).toBe('client:web x after:-15m')
  expect(withTimeRange(query, { after: '', before: '' })).toBe('client:web x')
  expect(withTimeRange('', { after: '-1h', before: 'now' })).toBe('after:-1h before:now')
  expect(timeRangeOf('(after:-1h OR x)')).toEqual({ after: '', before: '' })
  const { after } = edit.timeRangeFrom(Date.UTC(2026, 0, 1), 0)
  expect(withTimeRange('', { after, before: '' })).toBe('after:2026-01-01T00:00:00Z')
})

test('a field can be taken out, for counting what else there is', () => {
  expect(edit.withoutField('client:web,b x -client:c', 'client')).toBe('x -client:c')
  expect(edit.hasField('client:web', 'client')).toBe(true)
  expect(edit.hasField('-client:web', 'client')).toBe(false)
})

test('what a count leads to is what was counted', () => {
  expect(edit.narrowTo('', 'outcome', 'denied')).toBe('outcome:denied')
  expect(edit.narrowTo('outcome:denied', 'outcome', 'denied')).toBe('outcome:denied')
  expect(edit.narrowTo('a outcome:denied,failure b', 'outcome', 'denied')).toBe(
    'a outcome:denied b',
  )
  // None is both.
  expect(edit.narrowTo('outcome:denied', 'outcome', 'success')).toBe(
    'outcome:denied outcome:success',
  )
  expect(edit.narrowTo('a OR b', 'client', 'x) OR (y')).toBe('(a OR b) client:"x) OR (y"')
})

test('a query in JSON gets terms as JSON', () => {
  const json = '{"field":"client","tests":[{"is":"web"}]}'
  const added = edit.addTerm(json, '-reason:"a b",c*')
  expect(JSON.parse(added)).toEqual({
    all: [JSON.parse(json), { not: { field: 'reason', tests: [{ is: 'a b' }, { like: 'c*' }] } }],
  })
  const wide = edit.withTimeRange(json, { after: '-24h', before: '' })
  expect(JSON.parse(wide)).toEqual({
    all: [JSON.parse(json), { field: 'after', tests: [{ is: '-24h' }] }],
  })
})
