import { expect, test } from '@jest/globals'
import { Entities } from './entities.ts'

function filled(max: number, ...keys: string[]): Entities<number> {
  const entities = new Entities<number>(max)
  for (const [at, key] of keys.entries()) entities.set(key, at)
  return entities
}

function keys(entities: Entities<number>): string[] {
  const { old, young } = entities.snapshot() as Record<'old' | 'young', [string, number][]>
  return [...old, ...young].map(([key]) => key)
}

test('keeps no more than it may, and the half that was looked at last in any case', () => {
  const entities = filled(4, 'a', 'b', 'c')
  expect([entities.size, entities.evicted]).toEqual([3, 0])
  entities.get('a')
  // `a` and `c` were looked at last, and `b` longest ago.
  expect([entities.get('b'), entities.get('a'), entities.get('c')]).toEqual([undefined, 0, 2])
  expect([entities.size, entities.evicted]).toEqual([2, 1])
})

test.each([1, 2, 3, 10, 11])('of %d there are never more, and never less than half', (max) => {
  const entities = new Entities<number>(max)
  const half = Math.ceil(max / 2)
  for (let i = 0; i < 5 * max; i++) {
    entities.set(String(i), i)
    expect(entities.size).toBeLessThanOrEqual(max)
    const last = Array.from({ length: Math.min(half, i + 1) }, (_, back) => i - back)
    expect(last.filter((one) => !keys(entities).includes(String(one)))).toEqual([])
  }
  expect(entities.evicted).toBe(5 * max - entities.size)
})

test('a value is replaced where it is, and one that was old is young again', () => {
  const entities = filled(4, 'a', 'b')
  entities.set('a', 8)
  entities.set('a', 9)
  expect([entities.get('a'), entities.size, entities.evicted]).toEqual([9, 2, 0])
})

test('a snapshot has both halves, so that after it the same ones go', () => {
  const entities = filled(4, 'a', 'b', 'c')
  entities.get('a')
  const restored = new Entities<number>(4)
  restored.restore(JSON.parse(JSON.stringify(entities.snapshot())) as never)
  for (const one of [entities, restored]) one.set('d', 3)
  for (const one of [entities, restored]) one.set('e', 4)
  expect(restored.snapshot()).toEqual(entities.snapshot())
  expect([restored.get('b'), restored.get('c')]).toEqual([undefined, undefined])
})

test('values with a form may change in place: a snapshot does not, nor what is restored', () => {
  const form = {
    encode: ({ count }: { count: number }, key: string) => [key, count],
    decode: (value: unknown) => ({ count: (value as [string, number])[1] }),
  }
  const entities = new Entities<{ count: number }>(4, form)
  entities.set('a', { count: 1 })
  const snapshot = entities.snapshot()
  const restored = new Entities<{ count: number }>(4, form)
  restored.restore(snapshot)
  entities.get('a')!.count = 2
  restored.get('a')!.count = 3
  expect(snapshot).toEqual({ old: [], young: [['a', ['a', 1]]] })
  expect([entities.get('a'), restored.get('a')]).toEqual([{ count: 2 }, { count: 3 }])
})

test('the single list of an earlier version is refused', () => {
  expect(() => filled(2).restore([['a', 1]])).toThrow(
    expect.objectContaining({ code: 'SNAPSHOT_MALFORMED' }),
  )
})

test('what is deleted is gone', () => {
  const entities = filled(4, 'a', 'b')
  entities.delete('a')
  expect([entities.get('a'), entities.size, entities.evicted]).toEqual([undefined, 1, 0])
})
