import { expect, test } from '@jest/globals'
import { attributeDefinitions } from '@grantlog/record'
import { storyOf } from '../test/producer.ts'
import { isPersonal } from './records.ts'
import { type RecordQuery, searchRecords } from './search.ts'

const records = storyOf([
  { at: 0, action: 'oauth.login', attributes: { 'user.hash': 'p1.ada', 'user.id': 'ada' } },
  { at: 1, action: 'oauth.token', attributes: { 'oauth.client.id': 'web' } },
  {
    ...{ at: 2, action: 'oauth.resource_access', service: 'orders', outcome: 'denied' },
    attributes: { 'oauth.client.id': 'web' },
  },
])
const receivedAt = 1_795_467_000_000

test.each<[RecordQuery, number[]]>([
  [{}, [1, 2, 3]],
  [{ client: 'web' }, [2, 3]],
  [{ client: 'web', outcome: 'denied' }, [3]],
  [{ client: 'we' }, []],
  [{ action: 'oauth.token' }, [2]],
  [{ service: 'login' }, [1, 2]],
  [{ userHash: 'p1.ada' }, [1]],
  [{ after: receivedAt }, [1, 2, 3]],
  [{ after: receivedAt + 1 }, []],
])('%j finds the records %j', async (query, expected) => {
  const found = await searchRecords(records(), query, 10)
  expect(found.map(({ index }) => index)).toEqual(expected)
})

test('of too many the newest are found', async () => {
  const found = await searchRecords(records(), {}, 2)
  expect(found.map(({ index }) => index)).toEqual([2, 3])
  expect(await searchRecords(records(), {}, 0)).toEqual([])
})

test('personal is what a slot other than that of pseudonyms holds', () => {
  expect(['user.id', 'client.address', 'url.query'].map(isPersonal)).toEqual([true, true, true])
  expect(['user.hash', 'oauth.client.id', 'nonsense'].map(isPersonal)).toEqual([
    false,
    false,
    false,
  ])
  const slots = [...attributeDefinitions.values()].filter(({ name }) => isPersonal(name))
  expect(new Set(slots.map(({ slot }) => slot))).not.toContain('pseudonym')
})
