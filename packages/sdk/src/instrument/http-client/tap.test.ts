import { expect, test } from '@jest/globals'
import { tap } from './tap.ts'

const never = (error: unknown): never => {
  throw error
}

class Target {
  total = 0
  add(a: number, b: number): number {
    this.total += a + b
    return this.total
  }
}

test('a tapped method does the same, and shows nowhere', () => {
  const target = new Target()
  const seen: unknown[] = []
  const untap = tap(target, 'add', (args) => seen.push(args), never)
  expect([target.add(1, 2), target.total, target.add.length, target.add.name]).toEqual([
    ...[3, 3, 2, 'add'],
  ])
  expect(Object.keys(target)).toEqual(['total'])
  expect(seen).toEqual([[1, 2]])
  untap()
  untap()
  expect(Object.hasOwn(target, 'add')).toBe(false)
})

test('its own failures and those of the method stay apart', () => {
  const errors: unknown[] = []
  const boom = new Error('boom')
  const target = {
    run() {
      throw boom
    },
  }
  tap(
    target,
    'run',
    () => {
      throw new Error('hook')
    },
    (error) => errors.push(error),
  )
  expect(() => target.run()).toThrow(boom)
  expect(errors).toEqual([new Error('hook')])
})

test('a method that was put over it stays, and it does nothing any more', () => {
  const own = (): string => 'own'
  const target: Record<string, () => string> = { run: own }
  let taps = 0
  const untap = tap(target, 'run', () => taps++, never)
  const below = target.run!
  const above = (): string => `${below()} and above`
  target.run = above
  untap()
  expect([target.run, target.run(), taps]).toEqual([above, 'own and above', 0])
})

test.each([{}, Object.freeze({ run: () => 1 }), { run: 7 }])('%j is left as it is', (target) => {
  const before = Object.getOwnPropertyDescriptors(target)
  tap(target, 'run', () => undefined, never)()
  expect(Object.getOwnPropertyDescriptors(target)).toEqual(before)
})
