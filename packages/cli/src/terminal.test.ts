import { describe, expect, test } from '@jest/globals'
import picocolors from 'picocolors'
import { plainJson, printable } from './printable.ts'
import {
  formatFacts,
  formatTable,
  leftOut,
  openTerminal,
  type Streams,
  widerFor,
  wrap,
} from './terminal.ts'

const paint = picocolors.createColors(false)
const head = ['name', 'text']
const rows = [
  ['a', 'x'.repeat(60)],
  ['bb', 'y'],
]

test('a table is cut to the terminal, and is whole where there is none', () => {
  const whole = formatTable(head, rows, { columns: undefined, paint })
  expect(whole).toContain('x'.repeat(60))
  const long = [['a', 'x'.repeat(100)], rows[1]!]
  const cut = formatTable(head, long, { columns: 80, paint })
  expect(Math.max(...cut.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  expect(cut).toContain('…')
  expect(cut.split('\n').map((line) => line.slice(0, 7))).toEqual(['name  t', 'a     x', 'bb    y'])
})

test('in a narrow terminal rows are blocks, whole and without what is empty', () => {
  const blocks = formatTable(head, [...rows, ['c', '']], { columns: 50, paint })
  expect(blocks).toBe(`name: a\n  text: ${'x'.repeat(60)}\nname: bb  text: y\nname: c`)
  const fits = formatTable(head, rows.slice(1), { columns: 50, paint })
  expect(fits).toBe('name  text\nbb    y')
})

test('as many values stand on a line of a block as there is room for', () => {
  const wide = [...head, 'more', 'rest']
  const row = ['a', 'b'.repeat(20), 'c'.repeat(10), 'd'.repeat(40)]
  const lines = formatTable(wide, [row], { columns: 40, paint }).split('\n')
  expect(lines).toEqual([
    `name: a  text: ${'b'.repeat(20)}`,
    `  more: ${'c'.repeat(10)}`,
    `  rest: ${'d'.repeat(40)}`,
  ])
  const painted = picocolors.createColors(true)
  const colored = formatTable(wide, [row], { columns: 40, paint: painted }).split('\n')
  expect(colored.map((line) => line.replaceAll(/\u001b\[\d+m/g, ''))).toEqual(lines)
})

describe('where there is no room for all columns', () => {
  const many = ['id', 'hash', 'why', 'notes']
  const row = ['1', 'h'.repeat(25), 'because', 'n'.repeat(60)]
  const optional = ['notes', 'hash']
  const at = (columns: number, more: object = {}) => ({ columns, paint, optional, ...more })

  test('the optional ones are left out, one after the other, and named', () => {
    const [first] = formatTable(many, [row], at(80)).split('\n')
    expect(first).toMatch(/^id {2}hash +why +notes$/)
    expect(leftOut(many, [row], at(80))).toEqual([])
    // 2 id, 25 hash, 7 why and the gaps between: 38.
    expect(leftOut(many, [row], at(62))).toEqual(['notes'])
    expect(leftOut(many, [row], at(38))).toEqual(['notes'])
    expect(leftOut(many, [row], at(37))).toEqual(['hash', 'notes'])
    expect(formatTable(many, [row], at(36))).toBe('id  why\n1   because')
    expect(leftOut(many, [row], { ...at(36), columns: undefined })).toEqual([])
    expect(widerFor(['hash', 'notes'])).toBe(' A wider terminal also shows: hash, notes.')
  })

  test('hashes are cut first, for a few of their characters tell them apart', () => {
    const hashes = ['hash']
    expect(leftOut(many, [row], at(85, { hashes }))).toEqual([])
    const [, cells] = formatTable(many, [row], at(85, { hashes })).split('\n')
    expect(cells).toBe(`1   ${'h'.repeat(9)}…  because  ${'n'.repeat(60)}`)
  })

  test('a narrow terminal that has no room for the rest either shows all, in blocks', () => {
    expect(leftOut(many, [row], at(8))).toEqual([])
    expect(formatTable(many, [row], at(8))).toContain('notes: nnn')
  })
})

test('numbers stand at the right of their column', () => {
  const style = { columns: 80, paint, numbers: ['uses'] }
  expect(formatTable(['uses'], [['7'], ['12']], style)).toBe('uses\n   7\n  12')
})

test('facts stand in one column', () => {
  const facts = formatFacts(
    [
      ['a', '1'],
      ['long', 'of some words'],
    ],
    { columns: 14, paint },
  )
  expect(facts).toBe('a     1\nlong  of some\n      words')
})

test('text of others cannot write to the terminal', () => {
  expect(printable('a\u001b[2J\r\n\u202eb\u0007ü')).toBe('a\ufffd[2J\ufffd\ufffd\ufffdb\ufffdü')
})

test.each([
  [true, {}, true],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1', CI: 'true' }, false],
])('on a terminal: %j, with %j: colours: %j', (isTTY, env, colors) => {
  const written: string[] = []
  const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) }
  const streams = { stdout: stream, stderr: stream, env } as unknown as Streams
  const terminal = openTerminal(streams, false)
  expect(terminal.paint.isColorSupported).toBe(colors)
  expect(terminal.columns).toBe(isTTY ? 80 : undefined)
  terminal.progress.show('x')
  terminal.out('y')
  expect(written).toEqual(isTTY ? ['\r\u001b[2Kx', 'y\n'] : ['y\n'])
  expect(openTerminal(streams, true).paint.isColorSupported).toBe(false)
})

test('text is broken at spaces, within the width', () => {
  expect(wrap('a bc def ghij', 6)).toEqual(['a bc', 'def', 'ghij'])
  expect(wrap('/a/long/path is whole', 5)).toEqual(['/a/long/path', 'is', 'whole'])
  expect(wrap('all of it', Infinity)).toEqual(['all of it'])
})

test('a cell has its colour, and the columns stay as they are', () => {
  const paint = picocolors.createColors(true)
  const paintCell = (column: string, text: string): string =>
    column === 'outcome' ? paint.red(text) : text
  const rows = [['denied', 'x'.repeat(60)]]
  const text = formatTable(['outcome', 'what'], rows, { columns: 80, paint, paintCell })
  expect(text).toContain(`${paint.red('denied')}   xxx`)
})

test('progress takes one line', () => {
  const stderr = { isTTY: true, columns: 20, write: (text: string) => written.push(text) }
  const written: string[] = []
  const streams = { stdout: {}, stderr, env: {} } as unknown as Streams
  openTerminal(streams, false).progress.show('x'.repeat(100))
  expect(written).toEqual([`\r\u001b[2K${'x'.repeat(19)}`])
})

test('JSON says the same, and nothing that a terminal obeys or that hides itself', () => {
  const value = { a: 'x\u009b31m\u202ey\u200b\u2028\u{e0001}\u007f é 日' }
  const text = plainJson(JSON.stringify(value))
  expect(JSON.parse(text)).toEqual(value)
  expect(text).toBe('{"a":"x\\u009b31m\\u202ey\\u200b\\u2028\\udb40\\udc01\\u007f é 日"}')
})
