import { expect, test } from '@jest/globals'
import { ruleText } from '../../test/events.ts'
import { testRules } from './fixtures.ts'

const rule = ruleText('    a:\n        audit.outcome: denied\n    condition: a\n')
const line = (outcome: string, name = 'audit.outcome'): string =>
  `${JSON.stringify({ id: 'one', atMs: 1, attributes: { [name]: outcome } })}\n`
const fixture = (kind: string, text: string) => ({ name: `test.${kind}.ndjson`, text })

const run = (fires: string, silent: string) =>
  testRules([
    { ...rule, fixtures: { fires: fixture('fires', fires), silent: fixture('silent', silent) } },
  ])

test('a rule must find something in one fixture, and nothing in the other', () => {
  const counts = (fires: string, silent: string) => {
    const { ok, results } = run(fires, silent)
    return { ok, counts: results.map((one) => [one.fires, one.silent]) }
  }
  const [denied, other] = [line('denied'), line('failure')]
  expect(counts(denied + denied, other)).toEqual({ ok: true, counts: [[2, 0]] })
  expect(counts(other, other)).toEqual({ ok: false, counts: [[0, 0]] })
  expect(counts(denied, denied)).toEqual({ ok: false, counts: [[1, 1]] })
})

test('a rule without fixtures is no failure, but says so', () => {
  const { ok, results } = testRules([{ ...rule, fixtures: {} }])
  expect({ ok, results }).toMatchObject({ ok: true, results: [{ fires: null, silent: null }] })
})

test('a fixture that tests nothing is a fault, with its line', () => {
  const { faults, ok } = run(line('denied'), `${line('x', 'audit.outcom')}\nno event\n`)
  expect(ok).toBe(false)
  expect(faults).toMatchObject([
    { file: 'test.silent.ndjson', line: 1, what: 'no record has `audit.outcom`' },
    { file: 'test.silent.ndjson', line: 3, what: 'a line is no event: no JSON' },
  ])
})
