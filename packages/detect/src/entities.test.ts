import { expect, test } from '@jest/globals'
import { Entities } from './entities.ts'

function filled(max: number, ...keys: string[]): Entities<number> {
  const entities = new Entities<number>(max)
  for (const [at, key] of keys.entries()) entities.set(key, at)
  return entities
}

test('keeps as many as it may, and lets the one go that was looked at longest ago', () => {
  const entities = filled(3, 'a', 'b', 'c')
  expect([entities.size, entities.evicted]).toEqual([3, 0])
  entities.get('a')
  entities.set('d', 9)
  expect([entities.get('b'), entities.get('a'), entities.size, entities.evicted]).toEqual([
    ...[undefined, 0, 3, 1],
  ])
})

test('a snapshot has the order, so that after it the same one goes', () => {
  const entities = filled(2, 'a', 'b')
  entities.get('a')
  const restored = new Entities<number>(2)
  restored.restore(JSON.parse(JSON.stringify(entities.snapshot())) as never)
  for (const one of [entities, restored]) one.set('c', 3)
  expect(restored.snapshot()).toEqual(entities.snapshot())
  expect(restored.get('b')).toBeUndefined()
})

test('what is deleted is gone', () => {
  const entities = filled(2, 'a', 'b')
  entities.delete('a')
  expect([entities.get('a'), entities.size, entities.evicted]).toEqual([undefined, 1, 0])
})
