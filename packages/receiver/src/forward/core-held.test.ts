// Scenario: who stands between edge and core changes what goes by, so that the core refuses it for
// good. Guarantee: the edge holds those records, over restarts, until somebody has them sent again
// and the core has signed for them, or drops them; beyond a bound it waits and passes nothing by.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { edgeAndCore } from '../../test/edge-and-core.ts'
import { eventually, type Harness, newData } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'
import { MAX_HELD_RECORDS } from '../limits.ts'
import {
  heldNames,
  type HeldRecord,
  type HeldRequest,
  openHeldRecords,
  readHeldRecords,
} from './core/held.ts'
import { readKeptReceipts } from './core/kept.ts'

const producer = createProducer()
const limits = { backoffMinMs: 1, backoffMaxMs: 4, sinkPaceMs: 0, refusedAllMs: 20, minuteMs: 5 }
const { startCore, startEdge, startWay } = edgeAndCore({ producers: [producer], limits })

const sinkOf = ({ receiver }: Harness) => receiver.status().sinks[0]!
const isCaughtUp = (edge: Harness): boolean => sinkOf(edge).lag.commits === 0
const recordsIn = ({ receiver }: Harness): number => receiver.status().committed

async function ask(edge: Harness, what: HeldRequest, indexes: readonly number[]): Promise<void> {
  await writeFile(heldNames(edge.folders.queue, 'core')[what], JSON.stringify(indexes))
}

const told = ({ events }: Harness): unknown[] => events.filter(({ code }) => code === 'SINK_HELD')

/** A core behind somebody who changes a word of each record as long as he wants. */
async function changedOnTheWay() {
  const core = await startCore()
  const way = { isChanging: true }
  const body = (sent: Buffer): Buffer =>
    way.isChanging
      ? Buffer.from(sent.toString('latin1').replaceAll('success', 'failure'), 'latin1')
      : sent
  return { core, way, url: await startWay(core, { body }) }
}

test('what was altered on the way is held, and goes again when somebody asks', async () => {
  const { core, url, way } = await changedOnTheWay()
  const data = await newData()
  const first = await startEdge(core, { url }, { data })
  await first.send(signedBody(producer, recordSpans(2)))
  await eventually(() => isCaughtUp(first))
  expect(sinkOf(first)).toMatchObject({ forwarded: 0, refused: 2, held: 2 })
  await first.close()
  const edge = await startEdge(core, { url }, { data })
  expect(sinkOf(edge).held).toBe(2)
  const held = await readHeldRecords(edge.folders.queue, 'core')
  expect(held.map(({ code }) => code)).toEqual(['ALTERED', 'ALTERED'])
  const indexes = held.map(({ index }) => index)

  // Still altered: it stays.
  await ask(edge, 'again', indexes)
  await eventually(() => told(edge).length === 1)
  expect(told(edge)).toMatchObject([{ taken: 0, left: 2 }])
  way.isChanging = false
  // One, then the other.
  await ask(edge, 'again', indexes.slice(0, 1))
  await eventually(() => told(edge).length === 2)
  expect([sinkOf(edge).held, recordsIn(core)]).toEqual([1, 1])
  await ask(edge, 'again', indexes)
  await eventually(() => sinkOf(edge).held === 0)
  expect(recordsIn(core)).toBe(2)
  const receipted: number[] = []
  for await (const { note, records } of readKeptReceipts(edge.folders.queue, 'core')) {
    if (note.startsWith('grantlog-receipt-')) receipted.push(...records.map(([index]) => index))
  }
  expect(receipted.toSorted((a, b) => a - b)).toEqual(indexes)
  await edge.close()
  expect(await readHeldRecords(edge.folders.queue, 'core')).toEqual([])
})

test('a core that is away is asked until it answers', async () => {
  const { core, url } = await changedOnTheWay()
  let isAway = false
  const away = await startWay(core, { answer: (headers) => (isAway ? 503 : headers) })
  const data = await newData()
  const first = await startEdge(core, { url }, { data })
  await first.send(signedBody(producer, recordSpans(1)))
  await eventually(() => isCaughtUp(first))
  await first.close()
  isAway = true
  const edge = await startEdge(core, { url: away }, { data })
  await ask(edge, 'again', [2])
  await eventually(() => told(edge).length > 1)
  expect(told(edge)).toContainEqual(expect.objectContaining({ taken: 0, left: 1 }))
  isAway = false
  await eventually(() => sinkOf(edge).held === 0)
  expect(recordsIn(core)).toBe(1)
})

test('what is dropped is held no more', async () => {
  const { core, url } = await changedOnTheWay()
  const edge = await startEdge(core, { url })
  await edge.send(signedBody(producer, recordSpans(2)))
  await eventually(() => isCaughtUp(edge))
  await ask(edge, 'drop', [2])
  await eventually(() => sinkOf(edge).held === 1)
  expect((await readHeldRecords(edge.folders.queue, 'core')).map(({ index }) => index)).toEqual([3])
})

test('so many are held, and one more is not: none of those is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantlog-held-'))
  const held = await openHeldRecords(folder, 'core')
  const recordAt = (index: number): HeldRecord => ({ index, frame: 1, code: 'ALTERED', at: 1 })
  const all = Array.from({ length: MAX_HELD_RECORDS }, (_, at) => recordAt(at))
  for (let at = 0; at < all.length; at += 4096) {
    expect(await held.hold(all.slice(at, at + 4096))).toBe(true)
  }
  expect(await held.hold([recordAt(MAX_HELD_RECORDS)])).toBe(false)
  expect([held.size, held.has(MAX_HELD_RECORDS)]).toEqual([MAX_HELD_RECORDS, false])
  expect(await held.hold(all.slice(0, 2))).toBe(true)
  await held.release(all.map(({ index }) => index))
  await held.close()
  expect(await readHeldRecords(folder, 'core')).toEqual([])
  await rm(folder, { recursive: true })
})
