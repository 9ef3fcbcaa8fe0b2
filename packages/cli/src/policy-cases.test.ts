// Guarantee: the policy and the cases that POLICY.md shows are right, and cases can fail.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readPolicyText } from '@grantlog/receiver/settings'
import type { Policy } from '@grantlog/record'
import { tryCases } from './policy-cases.ts'

const page = join(import.meta.dirname, '..', '..', 'record', 'POLICY.md')
const [example = '', cases = ''] = Array.from(
  readFileSync(page, 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms),
  (found) => found[1]!,
)

function policyIn(text: string): Policy {
  const read = readPolicyText(text)
  if ('policy' in read) return read.policy
  throw new Error(JSON.stringify(read))
}

test('the shop of POLICY.md', () => {
  const tried = tryCases(cases, policyIn(example))
  expect(tried).toMatchObject({ results: [{ differs: [] }, { differs: [] }, { differs: [] }] })
})

test('every member of what comes out is compared', () => {
  const policy = policyIn(example)
  const expected = {
    ...{ allowed: false, route: null, rule: 'health', level: 'minimal', personal: 'pseudonym' },
    ...{ guarantee: 'buffered', privileged: 'consent', excess: ['x'] },
  }
  const one = { name: 'a', request: { route: '/orders' }, expect: expected }
  const tried = tryCases(JSON.stringify({ cases: [one] }), policy)
  expect(tried).toMatchObject({
    results: [
      {
        differs: Object.keys(expected).flatMap((member) =>
          member === 'route' ? [] : [{ member }],
        ),
      },
    ],
  })
})

test.each<[string, string]>([
  ['no cases', 'cases: []'],
  ['a member more', 'cases: [{name: a, expect: {}}]\nmore: 1'],
  ['a method in small letters', 'cases: [{name: a, request: {method: get}, expect: {}}]'],
  ['nothing to expect', 'cases: [{name: a}]'],
  ['no YAML', 'cases: ['],
])('what is no list of cases is told with its place: %s', (_what, text) => {
  expect(tryCases(text, policyIn(example))).toMatchObject([
    {
      line: expect.any(Number),
      column: expect.any(Number),
      what: expect.any(String),
    },
  ])
})
