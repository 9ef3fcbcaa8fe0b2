import { expect, test } from '@jest/globals'
import { type Ended, watchFunction, watchPromise } from './promise.ts'

const error = new Error('of the function')

function watched<T>(original: T): { wrapper: T; ends: Ended[] } {
  const ends: Ended[] = []
  return { wrapper: watchFunction(original, () => (ended) => void ends.push(ended)), ends }
}

test('the end of a function is told before its caller learns it', async () => {
  const { wrapper, ends } = watched(async (a: number) => a + 1)
  const order: string[] = []
  await wrapper(1).then((value) => order.push(`${value} after ${ends.length}`))
  expect(order).toEqual(['2 after 1'])
  expect(ends).toEqual([{ result: 2, error: undefined, hasFailed: false }])
})

test('a rejection is told, and is as unhandled as before', async () => {
  const { wrapper, ends } = watched(async () => Promise.reject(error))
  await expect(wrapper()).rejects.toBe(error)
  expect(ends).toEqual([{ result: undefined, error, hasFailed: true }])
})

test('what a function throws or gives at once is told at once', () => {
  const throwing = watched((): number => {
    throw error
  })
  expect(throwing.wrapper).toThrow(error)
  expect(throwing.ends).toMatchObject([{ error, hasFailed: true }])
  const giving = watched(() => 7)
  expect(giving.wrapper()).toBe(7)
  expect(giving.ends).toMatchObject([{ result: 7, hasFailed: false }])
})

test('where nobody needs to know, the very promise is passed on', () => {
  const promise = Promise.resolve()
  expect(
    watchFunction(
      () => promise,
      () => null,
    )(),
  ).toBe(promise)
})

test('a subclass of Promise stays one', async () => {
  class Own<T> extends Promise<T> {}
  const nothing = (): void => undefined
  const ending = { fulfilled: nothing, rejected: nothing, dropped: nothing }
  const derived = watchPromise(new Own((resolve) => resolve(7)), ending)
  expect(derived).toBeInstanceOf(Own)
  expect(await derived).toBe(7)
})
