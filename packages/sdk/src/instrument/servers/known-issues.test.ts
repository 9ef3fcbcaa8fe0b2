import { expect, test } from '@jest/globals'
import { createKnownClients, createKnownIssues } from './known-issues.ts'

const ada = { accountId: 'ada', clientId: 'web' }

test('a refresh token belongs to the family of its code', () => {
  const { add, of } = createKnownIssues()
  const code = add('code', { ...ada, from: null })
  const first = add('first', { ...ada, from: code })
  add('second', { ...ada, from: first })
  expect([of('first'), of('second')]).toMatchObject([
    { family: code!.family, rotations: 1 },
    { family: code!.family, rotations: 2 },
  ])
})

test('the oldest are forgotten, and what is no token is not known', () => {
  const { add, of } = createKnownIssues(2)
  for (const token of ['a', 'b', 'c', undefined, '']) add(token, { ...ada, from: null })
  expect(['a', 'b', 'c', undefined, ''].map((token) => of(token)?.accountId)).toEqual([
    undefined,
    'ada',
    'ada',
    undefined,
    undefined,
  ])
})

test('of clients the last ones are known', () => {
  const { add, has } = createKnownClients(2)
  for (const id of ['a', 'b', 'a', 'c', undefined, '']) add(id)
  expect(['a', 'b', 'c', undefined, ''].map(has)).toEqual([true, false, true, false, false])
})
