import { expect, test } from '@jest/globals'
import { descriptions } from './described.ts'
import { attributeDefinitions } from './names.ts'

test('every covered attribute is described, and no other', () => {
  expect([...descriptions.keys()]).toEqual([...attributeDefinitions.keys()])
  for (const { brief, example, group } of descriptions.values()) {
    expect([brief, example, group]).not.toContain('')
  }
})

test('known values come with what they mean', () => {
  expect(descriptions.get('audit.outcome')?.values.get('denied')).toBe(
    'Somebody or a policy said no',
  )
  expect(descriptions.get('oauth.client.id')?.values.size).toBe(0)
})

test('a list of values says whether it is closed', () => {
  const isClosed = (name: string): unknown => descriptions.get(name)?.isClosed
  expect(isClosed('audit.outcome')).toBe(true)
  expect(isClosed('oauth.error.reason')).toBe(false)
  expect(isClosed('oauth.client.id')).toBe(false)
})
