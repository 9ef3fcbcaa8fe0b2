// Claims on times: short on a terminal, and still told apart; whole where another program reads.
import { expect, test } from '@jest/globals'
import { distanceOf, momentsOf } from './moment-text.ts'

const at = (text: string): number => Date.parse(text)
const terminal = { columns: 80 }

function told(texts: readonly string[], of: { readonly columns: number | undefined } = terminal) {
  const times = texts.map(at)
  const { day, tell } = momentsOf(times, of)
  return [day, ...times.map(tell)]
}

test.each([
  [
    'seconds, under the day of all',
    ['2026-11-26T11:02:06.243Z', '2026-11-26T11:02:07.243Z'],
    ['2026-11-26 UTC', '11:02:06', '11:02:07'],
  ],
  [
    'milliseconds where seconds do not tell two apart',
    ['2026-11-26T11:02:06.243Z', '2026-11-26T11:02:06.250Z'],
    ['2026-11-26 UTC', '11:02:06.243', '11:02:06.250'],
  ],
  [
    'seconds where milliseconds would not either',
    ['2026-11-26T11:02:06.243Z', '2026-11-26T11:02:06.243Z'],
    ['2026-11-26 UTC', '11:02:06', '11:02:06'],
  ],
  [
    'each with its day where there are several',
    ['2026-11-25T23:59:59.900Z', '2026-11-26T00:00:00.100Z'],
    ['', '11-25 23:59:59Z', '11-26 00:00:00Z'],
  ],
  [
    'with the year where there are several',
    ['2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z'],
    ['', '2025-12-31 23:59:59Z', '2026-01-01 00:00:00Z'],
  ],
  ['nothing of nothing', [], ['']],
])('%s', (_, texts, expected) => {
  expect(told(texts)).toEqual(expected)
})

test('what is no terminal gets all of it', () => {
  const text = '2026-11-26T11:02:06.243Z'
  expect(told([text], { columns: undefined })).toEqual(['', text])
  expect(distanceOf(at(text), 0, { columns: undefined })).toBe(text)
})

test('on a terminal a time may be told by how far away it is', () => {
  const now = at('2026-11-26T11:00:00Z')
  expect(distanceOf(now + 52 * 60_000, now, terminal)).toBe('in 52 min')
  expect(distanceOf(now - 7_000, now, terminal)).toBe('7 s ago')
  expect(distanceOf(null, now, terminal)).toBe('')
})
