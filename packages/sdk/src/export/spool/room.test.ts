// Scenario: a spool with little room, and a receiver that is away, refuses, or is back.
// Guarantee: what was full is not full for ever; nothing is removed before it is safe elsewhere.
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createMemoryFiles, systemError } from '@grantlog/journal/testing'
import type { MemoryFiles } from '@grantlog/journal/testing'
import type { SealedRecord } from '../../event.ts'
import { spoolBytesMin } from '../../limits.ts'
import type { Verdict } from '../answer.ts'
import { Outlet } from '../outlet.ts'
import type { SpoolDisk } from './disk.ts'
import { createLane } from './lane.ts'

const root = '/spool'
const { privateKey } = generateKeyPairSync('ed25519')

/** Some turns of the event loop: the disk of the model needs no more. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

type Answer = 'away' | 'refused' | 'done'

/** A process; each record is a batch of `bodyBytes`. */
function createLife(files: MemoryFiles, { bytesMax = spoolBytesMin, bodyBytes = 4000 } = {}) {
  const now = { ms: 1e6 }
  const world = { answer: 'away' as Answer, received: [] as number[], now, takesMax: 1e9 }
  let next = 0
  const self = { pid: 1, thread: 0, started: '1', boot: 'b', namespace: 'n' }
  const more = {
    folders: async () => [],
    touch: async () => undefined,
    touchedMs: async () => 0,
  }
  const outlet = new Outlet({
    queue: { recordsMax: 1000, bytesMax: 1e9 },
    sign: ([first]) => {
      if (first === undefined) return null
      const body = Buffer.alloc(bodyBytes, first.sequence)
      return { instance: 'i', firstSequence: first.sequence, count: 1, root: '', body }
    },
    deliver: async (batches) => {
      const isEnough = world.received.length >= world.takesMax
      if (world.answer === 'away' || isEnough) throw systemError('ECONNREFUSED')
      return batches.map(({ firstSequence, count }): Verdict => {
        if (world.answer === 'refused') return { kind: 'refused', refused: count, reason: '' }
        world.received.push(firstSequence)
        return { kind: 'done', refused: 0, reason: '', lastIndex: null }
      })
    },
    limits: { batches: 2, bytes: Infinity },
    spool: {
      disk: Object.assign(files, more) as SpoolDisk,
      lane: createLane(1e6),
      root,
      instance: 'i',
      privateKey,
      kid: 'k',
      bytesMax,
      witness: { self, startedOf: async () => null, wallMs: () => now.ms, nowMs: () => now.ms },
    },
    notify: () => undefined,
    random: () => 0,
  })
  return {
    world,
    outlet,
    make: async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        outlet.enqueue({ sequence: next++, bytes: 10 } as SealedRecord)
        await outlet.flush()
        await turns(4)
      }
    },
    spooled: (sequence: number): Promise<string> =>
      outlet.until(sequence, 'spooled').then(
        () => 'spooled',
        ({ code }: { code: string }) => code,
      ),
  }
}

async function createDisk(): Promise<MemoryFiles> {
  const files = createMemoryFiles()
  await files.makeDirectory(root)
  return files
}

test.each([4000, 30_000, 60_000])('full with batches of %i bytes, then sent', async (each) => {
  const life = createLife(await createDisk(), { bodyBytes: each })
  const { outlet, world } = life
  for (let round = 0; round < 3; round++) {
    world.answer = 'away'
    await life.make(20)
    expect(outlet.bytes.disk).toBeGreaterThan(0)
    expect(outlet.bytes.disk).toBeLessThanOrEqual(spoolBytesMin)
    const next = outlet.until(20 * round + 19, 'spooled')
    await expect(next).rejects.toMatchObject({ code: 'SPOOL_UNAVAILABLE' })
    world.answer = 'done'
    await outlet.flush()
    await turns(20)
    expect(world.received).toHaveLength(20 * (round + 1))
    expect(outlet.bytes.disk).toBeLessThanOrEqual(spoolBytesMin / 8 + each)
  }
  world.answer = 'away'
  await life.make(1)
  expect(await life.spooled(60)).toBe('spooled')
  outlet.close()
})

test('full, then sent in part: room for as much', async () => {
  const life = createLife(await createDisk())
  await life.make(20)
  life.world.answer = 'done'
  life.world.takesMax = 6
  await life.outlet.flush()
  await turns(20)
  expect(life.world.received).toHaveLength(6)
  expect(await life.spooled(19)).toBe('spooled')
  life.outlet.close()
})

test('what is refused is not removed before it is safe where it is kept', async () => {
  const files = await createDisk()
  const life = createLife(files, { bytesMax: 256 * 1024 })
  await life.make(40)
  // The disk does not take the folder of refused batches; the own one is pruned as it is sent.
  files.fault = ({ kind, path }) =>
    kind === 'create' && path.includes('.refused') ? systemError('EIO') : undefined
  life.world.answer = 'refused'
  const kept = (): string[] => segments(files)
  const before = kept()
  for (let i = 0; i < 60; i++) await life.outlet.flush()
  await turns(50)
  expect(kept()).toEqual(before)
  files.fault = undefined
  life.world.now.ms += 60_000
  await life.outlet.renew()
  await turns(200)
  expect(kept().filter((path) => path.includes('.refused')).length).toBeGreaterThan(0)
  expect(kept()).not.toEqual(expect.arrayContaining(before))
  life.outlet.close()
})

test('refused again: written again before what has it is removed', async () => {
  const files = await createDisk()
  const life = createLife(files, { bytesMax: 256 * 1024 })
  life.world.answer = 'refused'
  await life.make(14)
  const refused = (): string[] => segments(files).filter((path) => path.includes('.refused'))
  const before = refused()
  expect(before.length).toBeGreaterThan(1)
  files.fault = ({ kind, path }) =>
    kind === 'write' && path.includes('.refused') ? systemError('ENOSPC') : undefined
  for (let i = 0; i < 20; i++) await life.outlet.flush()
  await turns(50)
  expect(refused()).toEqual(before)
  files.fault = undefined
  life.world.now.ms += 60_000
  await life.outlet.renew()
  await turns(50)
  for (let i = 0; i < 20; i++) await life.outlet.flush()
  await turns(50)
  expect(refused()).not.toEqual(expect.arrayContaining(before))
  life.outlet.close()
})

function segments(files: MemoryFiles): string[] {
  const names = files.paths().filter((path) => path.endsWith('.seg'))
  return names.toSorted()
}
