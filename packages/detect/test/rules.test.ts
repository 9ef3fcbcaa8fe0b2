// Guarantee: every row of the rule set's specification has a rule, each rule file finds what its
// fixture shows and nothing in its look-alikes, and RULES.md says what the rules say of
// themselves.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { behaviouralRows, protocolRows, ruleRows, rulesTable } from '../scripts/rules-table.ts'
import { builtInRules, readRulesAndFixtures } from '../src/io/rule-files.ts'
import { fieldNames } from '../src/sigma/fields.ts'
import { type RulesReport, testRules } from '../src/sigma/fixtures.ts'

const rows = ruleRows()
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** Of made-up hashes, nothing that could be a secret or the thing itself. */
const secrets = /Bearer [\w-]|eyJ[\w-]{8}|-----BEGIN|password"\s*:/

describe('rule files', () => {
  let report: RulesReport
  beforeAll(async () => {
    report = testRules(await readRulesAndFixtures(builtInRules, 'rules'))
  })

  test('are sound, and use fields that there are', () => {
    expect([report.faults, report.warnings]).toEqual([[], []])
  })

  test('find what their fixtures show, and nothing in the look-alikes', () => {
    const wrong = report.results.filter(({ fires, ok, silent }) => !ok || !fires || silent !== 0)
    expect(wrong).toEqual([])
    expect(report.results.length).toBe(rows.filter(({ file }) => file !== null).length)
  })

  test('cover each row of the protocol, each with both fixtures', () => {
    const tested = new Set(
      report.results
        .filter(({ fires, silent }) => fires && silent === 0)
        .map(({ rule }) => rule.id),
    )
    const covered = new Set(rows.filter(({ id }) => tested.has(id)).flatMap((rule) => rule.rows))
    expect(protocolRows.filter((row) => !covered.has(row))).toEqual([])
  })
})

test('each behavioural row has a rule', () => {
  const covered = new Set(rows.flatMap((rule) => rule.rows))
  expect([...behaviouralRows, ...protocolRows].filter((row) => !covered.has(row))).toEqual([])
  expect([...behaviouralRows, ...protocolRows]).toHaveLength(32)
})

test('each rule says what it is, by an id of its own', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  for (const rule of rows) {
    expect([rule.title, rule.id]).toEqual([rule.title, expect.stringMatching(uuid)])
    for (const said of [rule.rows, rule.attack, rule.references, rule.needs, rule.falsePositives]) {
      expect([rule.title, said.length > 0]).toEqual([rule.title, true])
    }
    for (const technique of rule.attack) expect(technique).toMatch(/^T\d{4}(\.\d{3})?$/)
  }
})

test('a file begins with the number of its row', () => {
  for (const { file, rows: own } of rows) {
    if (file !== null) expect(file).toMatch(new RegExp(`/${String(own[0]).padStart(2, '0')}-`))
  }
})

test('needs of code are attributes, or say in words which records', () => {
  const known = new Set(fieldNames)
  const words = /^(records|.* records)/
  const unknown = rows
    .flatMap(({ needs }) => needs)
    .filter((need) => !known.has(need) && !words.test(need))
  expect(unknown).toEqual([])
})

test('no fixture holds a secret', async () => {
  for (const { fixtures } of await readRulesAndFixtures(builtInRules)) {
    for (const fixture of Object.values(fixtures)) expect(fixture.text).not.toMatch(secrets)
  }
})

test('RULES.md is what the rules say: npm run generate', () => {
  const page = readFileSync(join(import.meta.dirname, '../RULES.md'), 'utf8')
  expect(page).toContain(`\n${rulesTable()}\n`)
})
