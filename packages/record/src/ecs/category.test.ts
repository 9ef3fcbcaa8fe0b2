// ECS 8.11, "Categorization fields": the values that it allows, and the types that it expects in
// each category.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { categoriesOf, outcomeOf } from './category.ts'

const expectedTypes: Record<string, string> = {
  api: 'access admin allowed change creation deletion denied end info start user',
  authentication: 'start end info',
  configuration: 'access change creation deletion info',
  iam: 'admin change creation deletion group info user',
  intrusion_detection: 'allowed denied info',
  session: 'start end info',
  web: 'access error info',
}

interface Definition {
  readonly id: string
  readonly type: { readonly members: readonly { readonly value: string }[] }
}

const registry = readFileSync(join(import.meta.dirname, '../../registry/audit.yaml'), 'utf8')
const { groups } = parse(registry) as { groups: { attributes: Definition[] }[] }
const definitions = groups.flatMap(({ attributes }) => attributes)
const valuesOf = (name: string): string[] =>
  definitions.find(({ id }) => id === name)!.type.members.map(({ value }) => value)

test('every action of the registry is in categories that expect its types', () => {
  const streams = /^audit\.stream\./
  for (const action of valuesOf('audit.action').filter((name) => !streams.test(name))) {
    for (const outcome of valuesOf('audit.outcome')) {
      const { category, type } = categoriesOf(action, outcome)
      const expected = category.flatMap((name) => expectedTypes[name]!.split(' '))
      expect({ action, category: category.length > 0 }).toEqual({ action, category: true })
      expect(expected).toEqual(expect.arrayContaining([...type]))
    }
  }
})

test('an action of the application is in none, since nobody knows what it is', () => {
  expect(categoriesOf('shop.export', 'denied')).toEqual({ category: [], type: ['info'] })
})

test('access to a resource says whether it was allowed', () => {
  expect(categoriesOf('oauth.resource_access', 'success').type).toEqual(['access', 'allowed'])
  expect(categoriesOf('oauth.resource_access', 'denied').type).toEqual(['access', 'denied'])
  expect(categoriesOf('oauth.userinfo', 'failure').type).toEqual(['access'])
})

test('every outcome of the registry is one of the three of ECS', () => {
  const outcomes = valuesOf('audit.outcome').map((outcome) => [outcome, outcomeOf(outcome)])
  expect(outcomes).toEqual([
    ['success', 'success'],
    ['failure', 'failure'],
    ['denied', 'failure'],
    ['challenge', 'unknown'],
  ])
  expect(outcomeOf('')).toBe('unknown')
})

test('FORMAT.md tells the same categories', () => {
  const format = readFileSync(join(import.meta.dirname, '../../../../FORMAT.md'), 'utf8')
  const words = (cell: string): string[] =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word!)
  const table = format.slice(format.indexOf('| `audit.action` | `event.category`'))
  const [rows = ''] = table.split('\n\n', 1)
  const told = rows.split('\n').flatMap((line): [string, string[], string[]][] => {
    const [, actions = '', category = '', type = ''] = line.split('|')
    return words(actions).map((action) => [action, words(category), words(type)])
  })
  const actions = valuesOf('audit.action').filter((name) => !name.startsWith('audit.stream.'))
  expect(
    told
      .map(([action]) => action)
      .slice(1)
      .toSorted(),
  ).toEqual(actions.toSorted())
  for (const [action, category, type] of told.slice(1)) {
    const outcomes = type.includes('allowed') ? ['success', 'denied'] : ['success']
    for (const [index, outcome] of outcomes.entries()) {
      const [first] = type
      const words = outcomes.length > 1 ? [first, ['allowed', 'denied'][index]] : type
      expect([action, categoriesOf(action, outcome)]).toEqual([action, { category, type: words }])
    }
  }
})
