import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createMemoryFiles } from '@grantlog/journal/testing'
import type { SealedRecord } from '../event.ts'
import { batchRecordsMax, storeBytesMax, tailBytesMax } from '../limits.ts'
import type { Outgoing } from './outgoing.ts'
import { Outlet } from './outlet.ts'
import { createLane } from './spool/lane.ts'

const recordBytes = 512
const batchBytes = batchRecordsMax * recordBytes
const diskBytesMax = 3 * 1024 * 1024

/** Some turns of the event loop: the disk of the model needs no more. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('hours without a receiver: memory and disk are bounded, losses are counted', async () => {
  const files = createMemoryFiles()
  await files.makeDirectory('/spool')
  const self = { pid: 1, thread: 0, started: '1', boot: 'b', namespace: 'n' }
  const received: number[] = []
  let isAway = true
  const outlet = new Outlet({
    queue: { recordsMax: 8192, bytesMax: 4 * 1024 * 1024 },
    sign: (waiting) => {
      const count = waiting.findIndex((one, i) => one.sequence !== waiting[0]!.sequence + i)
      const run = Math.min(count === -1 ? waiting.length : count, batchRecordsMax)
      if (run === 0) return null
      const body = Buffer.alloc(run * recordBytes)
      const [{ sequence: firstSequence }] = waiting as [SealedRecord]
      return { instance: 'i', firstSequence, count: run, root: '', body }
    },
    deliver: async (batches: readonly Outgoing[]) => {
      if (isAway) throw new Error('ECONNREFUSED')
      return batches.map(({ firstSequence, count }) => {
        received.push(...Array.from({ length: count }, (_, i) => firstSequence + i))
        return { kind: 'done', refused: 0, reason: '', lastIndex: null }
      })
    },
    limits: { batches: 8, bytes: Infinity },
    spool: {
      disk: Object.assign(files, {
        folders: async () => [],
        touch: async () => undefined,
        touchedMs: async () => 0,
      }),
      lane: createLane(1e6),
      root: '/spool',
      instance: 'i',
      privateKey: generateKeyPairSync('ed25519').privateKey,
      kid: 'k',
      bytesMax: diskBytesMax,
      witness: { self, startedOf: async () => null, wallMs: () => 0, nowMs: () => 0 },
    },
    notify: () => undefined,
    random: () => 0,
  })
  const total = 200 * batchRecordsMax
  let refused = 0
  for (let sequence = 0; sequence < total; sequence++) {
    if (!outlet.enqueue({ sequence, bytes: recordBytes } as SealedRecord)) refused++
    if (sequence % batchRecordsMax !== 0) continue
    await turns(3)
    const { memory, disk } = outlet.bytes
    expect(memory).toBeLessThanOrEqual(storeBytesMax + tailBytesMax + batchBytes)
    expect(disk).toBeLessThanOrEqual(diskBytesMax + 1024)
  }
  expect(outlet.dropped).toBeGreaterThan(total / 2)
  // Whoever queues it can have its memory back.
  expect(refused).toBe(outlet.dropped)
  isAway = false
  for (let i = 0; i < 40; i++) {
    await outlet.flush()
    await turns(3)
  }
  expect(received).toHaveLength(total - outlet.dropped)
  expect(received).toEqual(Array.from(received, (_, i) => i))
  const exported = received.length
  expect(outlet.counts).toEqual({ emitted: total, exported, missing: 0, queued: 0 })
  outlet.close()
})
