// Guarantee: LOG.md tells every code that is logged, and no other; each comes with the levels that
// are said there.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { LOG_CODES, type LogCodeText } from '@grantlog/receiver'
import { CLI_LOG_CODES } from './log-codes.ts'

const packages = join(import.meta.dirname, '..', '..')
const codes: [string, LogCodeText][] = Object.entries({ ...LOG_CODES, ...CLI_LOG_CODES })

const sources = ['receiver', 'cli', 'ledger'].flatMap((name) => {
  const folder = join(packages, name, 'src')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/(\.test|log-codes)\.ts$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
})

/** Codes beside a level, and the levels that are written there; none: it is computed. */
const logged = sources.flatMap((text) =>
  [...text.matchAll(/\{ code: '([A-Z_]+)',\s+(?:level(?:: '(\w+)')?|\.\.\.)/g)].map(
    ([, code = '', level]) => ({ code, level }),
  ),
)

test('every code that is logged is in the table, and each of the table is logged', () => {
  const found = new Set(logged.map(({ code }) => code))
  expect([...found].toSorted()).toEqual(codes.map(([code]) => code).toSorted())
})

test('levels are those of the table', () => {
  const table = new Map(codes)
  const wrong = logged.filter(
    ({ code, level }) => level !== undefined && !table.get(code)?.levels.some((is) => is === level),
  )
  expect(wrong).toEqual([])
})

test('LOG.md has a row for each, and says what to do about what is no mere information', () => {
  const text = readFileSync(join(packages, 'cli', 'LOG.md'), 'utf8')
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => String(code))
  expect(rows.toSorted()).toEqual(codes.map(([code]) => code).toSorted())
  const silent = codes.filter(([, { fix, levels }]) => fix === '' && levels.includes('error'))
  expect(silent).toEqual([])
})
