import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { TLOG_CODES, TlogError } from './codes.ts'

const folder = import.meta.dirname
const sources = readdirSync(folder).filter((name) => !name.endsWith('.test.ts'))
const codes = Object.keys(TLOG_CODES)

test('the README lists exactly the codes there are, with their meaning', () => {
  const readme = readFileSync(`${folder}/../README.md`, 'utf8')
  const rows = [...readme.matchAll(/^\| `(TLOG_\w+)` \| (.+) \|$/gm)].map(([, code, is]) => [
    code,
    is,
  ])
  expect(Object.fromEntries(rows)).toEqual(TLOG_CODES)
})

test('every code is raised somewhere', () => {
  const raised = sources
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .flatMap((source) => [...source.matchAll(/new TlogError\('(\w+)'/g)].map(([, code]) => code))
  expect(new Set(raised)).toEqual(new Set(codes))
})

test('no source imports anything outside the package, or names a Node or DOM global', () => {
  for (const name of sources) {
    const source = readFileSync(`${folder}/${name}`, 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
    for (const [, from] of source.matchAll(/from '([^']+)'/g))
      expect(from).toMatch(/^\.\/[\w-]+\.ts$/)
    expect([name, /\b(Buffer|process\.|require\(|import\()|node:|\bcrypto\b/.exec(source)]).toEqual(
      [name, null],
    )
  }
})

test('package.json has no dependencies', () => {
  const manifest = JSON.parse(readFileSync(`${folder}/../package.json`, 'utf8')) as object
  expect(Object.keys(manifest).filter((key) => /dependencies/i.test(key))).toEqual([])
})

test('an error carries its code, its meaning and a detail', () => {
  const error = new TlogError('TLOG_KEY_MALFORMED', 'why')
  expect(error).toMatchObject({ name: 'TlogError', code: 'TLOG_KEY_MALFORMED' })
  expect(error.message).toBe(`${TLOG_CODES.TLOG_KEY_MALFORMED}: why`)
})
