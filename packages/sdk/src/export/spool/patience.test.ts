// Guarantee: what has its receipt at once is never written; what has not is, within its patience,
// and at once when somebody waits for the disk or something waits before it.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Outgoing } from '../outgoing.ts'
import type { SpoolFolder } from './folder.ts'
import type { Lane } from './lane.ts'
import { Store } from './store.ts'

const patienceMs = 50
const lane: Lane = { run: async (work) => await work(), isStuck: () => false }

function batchOf(first: number): Outgoing {
  const body = new Uint8Array(10)
  return { instance: 'i', root: `root ${first}`, firstSequence: first, count: 1, body }
}

function setUp() {
  const written: number[] = []
  const told: string[] = []
  const state = { mustSync: false, opened: 0, append: Promise.resolve() }
  const folder = {
    bytes: () => 0,
    append: async ({ firstSequence }: Outgoing) => {
      await state.append
      return written.push(firstSequence) - 1
    },
    sync: async () => undefined,
  } as unknown as SpoolFolder
  const store = new Store({
    lane,
    isOn: true,
    open: async () => (state.opened++, folder),
    roomBytes: () => 1_000,
    patienceMs,
    segmentBytesMax: 1_000,
    mayPrune: () => true,
    mustSync: () => state.mustSync,
    onWritten: () => undefined,
    onDurable: () => undefined,
    onUnavailable: () => undefined,
    onLeft: () => undefined,
    notify: (code) => void told.push(code),
    nowMs: () => 0,
  })
  const after = async (ms: number): Promise<number[]> => {
    jest.advanceTimersByTime(ms)
    while (store.isWriting) await new Promise((resolve) => setImmediate(resolve))
    return written
  }
  return { after, state, store, told }
}

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] }))
afterEach(() => void jest.useRealTimers())

test('with its receipt it is never written, and no folder is made', async () => {
  const { after, state, store } = setUp()
  for (const first of [0, 1, 2]) {
    store.push(batchOf(first))
    expect(await after(patienceMs - 1)).toEqual([])
    store.shift()
    expect(store.isEmpty).toBe(true)
  }
  expect(await after(10 * patienceMs)).toEqual([])
  expect(state.opened).toBe(0)
})

test('without, it is written when its time is over', async () => {
  const { after, store } = setUp()
  store.push(batchOf(0))
  expect(store.unwritten()).toHaveLength(1)
  expect(await after(patienceMs)).toEqual([0])
  expect(store.unwritten()).toEqual([])
})

test('the next one finds it waiting: both are written at once', async () => {
  const { after, store } = setUp()
  store.push(batchOf(0))
  store.push(batchOf(1))
  expect(await after(0)).toEqual([0, 1])
})

test('somebody waits for the disk: it is written at once', async () => {
  const { after, state, store } = setUp()
  state.mustSync = true
  store.push(batchOf(0))
  expect(await after(0)).toEqual([0])
})

test('somebody comes to wait for it, or it is asked for', async () => {
  const { after, store } = setUp()
  store.push(batchOf(0))
  store.kick()
  expect(await after(0)).toEqual([0])
})

test('when the process ends it is left to whoever writes then', async () => {
  const { after, store } = setUp()
  store.push(batchOf(0))
  store.stop()
  expect(store.unwritten()).toHaveLength(1)
  expect(await after(10 * patienceMs)).toEqual([])
})

test.each([
  [true, []],
  [false, ['SPOOL_UNAVAILABLE']],
])('its folder went away; it had ended: %p', async (hasEnded, codes) => {
  const { after, state, store, told } = setUp()
  const { promise, reject } = Promise.withResolvers<void>()
  state.append = promise
  state.mustSync = true
  store.push(batchOf(0))
  if (hasEnded) store.stop()
  reject(new Error('ENOENT: no such file or directory'))
  expect(await after(0)).toEqual([])
  expect([store.unwritten().length, told]).toEqual([1, codes])
})
