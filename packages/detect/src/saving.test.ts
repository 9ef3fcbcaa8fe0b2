import { describe, expect, test } from '@jest/globals'
import { QUEUE_INTERVAL_MS, STATE_INTERVAL_MS, STATE_SHARE } from './finding-limits.ts'
import { createFindingsView } from './findings/view.ts'
import type { SealedFile } from './io/sealed-file.ts'
import { createSaver } from './saving.ts'

interface World {
  nowMs: number
  lookedMs: number
  /** What writing the state takes. */
  stateTakesMs: number
  /** What writing the queue takes. */
  queueTakesMs: number
  isTooLarge: boolean
}

function worldOf() {
  const world: World = {
    ...{ nowMs: 1_000, lookedMs: 0, stateTakesMs: 0, queueTakesMs: 0, isTooLarge: false },
  }
  const written: string[] = []
  let tooLarge = 0
  const file = (name: string, takes: () => number): SealedFile => ({
    read: () => Promise.resolve(null),
    write: () => {
      written.push(name)
      world.nowMs += takes()
      return Promise.resolve(!world.isTooLarge)
    },
  })
  const save = createSaver({
    store: {
      state: file('state', () => world.stateTakesMs),
      findings: file('queue', () => world.queueTakesMs),
    },
    pipeline: {
      ...{ frame: 7, view: createFindingsView() },
      get lookedMs() {
        return world.lookedMs
      },
      snapshot: () => ({ frame: 7, detector: null, grouper: null }),
    },
    alerts: { snapshot: () => null },
    rules: 'of these',
    onTooLarge: () => void tooLarge++,
    clock: () => world.nowMs,
  })
  /** Goes on by so much time, so much of it looking; gives what is written then. */
  const after = async (ms: number, lookedMs: number): Promise<readonly string[]> => {
    world.nowMs += ms
    world.lookedMs += lookedMs
    written.length = 0
    await save(false)
    return [...written]
  }
  return Object.assign(world, { after, save, written, tooLarge: () => tooLarge })
}

describe('the queue', () => {
  test('is written by the clock, whether there was anything to look at or not', async () => {
    const { after } = worldOf()
    expect(await after(QUEUE_INTERVAL_MS - 1, 0)).toEqual([])
    expect(await after(1, 0)).toEqual(['queue'])
    expect(await after(QUEUE_INTERVAL_MS - 1, 0)).toEqual([])
    expect(await after(1, 0)).toEqual(['queue'])
  })

  test('is written less often when that takes long', async () => {
    const world = worldOf()
    world.queueTakesMs = 1_000
    expect(await world.after(QUEUE_INTERVAL_MS, 0)).toEqual(['queue'])
    expect(await world.after(49_999, 0)).toEqual([])
    expect(await world.after(1, 0)).toEqual(['queue'])
  })
})

describe('what is known', () => {
  const { least, most } = STATE_INTERVAL_MS

  test('is written after what a restart would look at again, and the queue before it', async () => {
    const world = worldOf()
    world.stateTakesMs = 400
    expect(await world.after(least, 1)).toEqual(['queue', 'state'])
    const due = world.stateTakesMs / STATE_SHARE
    expect(await world.after(least, due - 1)).toEqual(['queue'])
    expect(await world.after(1, 1)).toEqual(['queue', 'state'])
    // However much was looked at: not at once again.
    expect(await world.after(least - 1, 10 * due)).toEqual(['queue'])
  })

  test('is written in an hour, when anything was looked at', async () => {
    const world = worldOf()
    world.stateTakesMs = 400
    await world.after(least, 1)
    expect(await world.after(most, 0)).toEqual(['queue'])
    expect(await world.after(1, 1)).toEqual(['queue', 'state'])
  })

  test('that is too large is told, as is a queue', async () => {
    const world = worldOf()
    world.isTooLarge = true
    await world.after(least, 1)
    expect(world.tooLarge()).toBe(2)
  })

  test('is written at the end, whatever was looked at', async () => {
    const { save, written } = worldOf()
    await save(true)
    expect(written).toEqual(['queue', 'state'])
  })
})
