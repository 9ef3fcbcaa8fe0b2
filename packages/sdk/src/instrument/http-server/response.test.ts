import { describe, expect, test } from '@jest/globals'
import { rowsIn } from './response.ts'

const head = (...lines: string[]): string =>
  ['HTTP/1.1 206 Partial Content', 'Date: x', ...lines, 'Connection: close', '', ''].join('\r\n')
const usual = { method: 'GET', status: 206 }
const of = (value: string): number | null =>
  rowsIn({ ...usual, head: head(`Content-Range: ${value}`) })
const max = Number.MAX_SAFE_INTEGER

describe('rows by Content-Range', () => {
  test.each<[string, number]>([
    ['items 0-24/319', 25],
    ['orders 100-100/*', 1],
    ['0-24/3573', 25],
    ['0-14/*', 15],
    ['*/0', 0],
    ['items */0', 0],
    ['\t items 318-318/319 ', 1],
    [`items 0-${max - 1}/${max}`, max],
    ['items 0000000000000000-0000000000000001/2', 2],
  ])('%s', (value, rows) => {
    expect(of(value)).toBe(rows)
  })

  test.each<string>([
    'bytes 0-1023/146515',
    'Bytes 0-1/2',
    // A length alone says nothing of what was sent.
    ...['items */319', '*/1', '*/*'],
    // RFC 9110 section 14.4: neither is valid.
    ...['items 24-0/319', 'items 0-24/24'],
    // Beyond what a number tells exactly, at its limit and one more.
    ...[`items 0-${max}/*`, `items 1-2/${max + 1}`, `items 0-${'9'.repeat(16)}/*`],
    `items 0-${'0'.repeat(16)}1/*`,
    ...['items 0-24', 'items -1-24/319', 'items 0-24/x', 'items 0x1-2/3', 'items=0-24/319'],
    ...['items  0-24/319', 'items 0 - 24/319', 'items 0-24/319, items 25-30/319', 'it"ems 0-1/2'],
    ...['', '/', 'items'],
  ])('%s says nothing', (value) => {
    expect(of(value)).toBeNull()
  })

  test('are found whatever its letters, and not in another header', () => {
    const rows = (...lines: string[]): number | null => rowsIn({ ...usual, head: head(...lines) })
    expect(rows('content-range:items 0-1/2')).toBe(2)
    expect(rows('X-Content-Range: items 0-1/2')).toBeNull()
    expect(rows('X: y', 'X-Note: Content-Range: items 0-1/2')).toBeNull()
    expect(rows('Content-Range: items 0-1/2', 'Content-Range: items 0-8/9')).toBeNull()
    expect(rowsIn({ ...usual, head: '' })).toBeNull()
  })

  test.each<[string, Partial<typeof usual>, number | null]>([
    ['of all that was asked', { status: 200 }, 2],
    ['of what was made', { status: 201 }, 2],
    ['of HEAD', { method: 'HEAD' }, null],
    ['of no content', { status: 204 }, null],
    ['of none that fits', { status: 416 }, null],
    ['of no response', { status: 0 }, null],
  ])('are those of a response that has some: %s', (_what, more, rows) => {
    expect(rowsIn({ ...usual, ...more, head: head('Content-Range: items 0-1/2') })).toBe(rows)
  })

  test('are read in time that grows with the length alone', () => {
    for (const part of ['0', '-', ' ', '*', 'a', '\t', '0-0/', '\nContent-Range: 0']) {
      expect(() => of(`items ${part.repeat(1_000_000 / part.length)}`)).not.toThrow()
    }
  })
})
