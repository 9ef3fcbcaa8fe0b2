import { expect, test } from '@jest/globals'
import { ATTR, attributeBytesMax } from '@grantlog/record'
import { describeActors } from './delegation.ts'
import { Told } from './value.ts'

function told(actors: readonly string[]): Record<string, unknown> {
  const all = new Told()
  describeActors(all, actors)
  return Object.fromEntries(all.attributes)
}

test('actors are told in their order', () => {
  expect(told(['b', 'a c', 'b'])).toEqual({
    [ATTR.OAUTH_ACTOR_ID]: 'b',
    [ATTR.OAUTH_ACTOR_CHAIN]: 'b a%20c b',
    [ATTR.OAUTH_ACTOR_DEPTH]: 3n,
  })
})

test('a long chain is cut between actors: a part of one would be another', () => {
  const actors = Array.from({ length: 16 }, (_, i) => `spiffe://example.org/${'x'.repeat(90)}/${i}`)
  const chain = String(told(actors)[ATTR.OAUTH_ACTOR_CHAIN])
  expect(Buffer.byteLength(chain)).toBeLessThanOrEqual(attributeBytesMax)
  const items = chain.split(' ')
  expect(items.pop()).toBe('...')
  expect(actors.slice(0, items.length)).toEqual(items)
})
