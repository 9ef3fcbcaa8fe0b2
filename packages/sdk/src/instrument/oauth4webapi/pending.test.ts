import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { pendingTimeoutMs } from '../../limits.ts'
import { createPendings, type Pending } from './pending.ts'

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

const pendingOf = (name: string): Pending => ({ kind: name }) as unknown as Pending

function setUp() {
  const given: Pending[] = []
  const pendings = createPendings((pending) => given.push(pending))
  const response = new Response()
  const pending = pendingOf('one')
  pendings.add(response, pending)
  return { given, pendings, response, pending }
}

test('a Response that is judged is given once, wherever it stands', () => {
  const { given, pendings, response, pending } = setUp()
  expect(pendings.take([{}, null, 'x', new Response()])).toBeNull()
  expect(pendings.take([{}, response])).toBe(pending)
  expect(pendings.take([response])).toBeNull()
  jest.advanceTimersByTime(pendingTimeoutMs)
  pendings.flush()
  expect(given).toEqual([])
})

test('one that is not is given up in time, once', () => {
  const { given, pendings, response, pending } = setUp()
  jest.advanceTimersByTime(pendingTimeoutMs - 1)
  expect(given).toEqual([])
  jest.advanceTimersByTime(1)
  expect(given).toEqual([pending])
  expect(pendings.take([response])).toBeNull()
})

test('at the end all are given up at once', () => {
  const { given, pendings, pending } = setUp()
  const other = pendingOf('two')
  pendings.add(new Response(), other)
  pendings.flush()
  pendings.flush()
  jest.advanceTimersByTime(pendingTimeoutMs)
  expect(given).toEqual([pending, other])
  expect(jest.getTimerCount()).toBe(0)
})
