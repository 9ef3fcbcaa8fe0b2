// Scenario: a data folder of the version that brought sealed log records to sinks by the queue of
// pass-through; some reached the sink, some wait in the queue, one never came into it, for the
// process was killed before its sender was answered.
// Guarantee: after the upgrade the sink has all of them, and none twice that it had.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openOffset } from '@grantlog/journal'
import { type Folders, foldersUnder, openReader } from '@grantlog/ledger'
import { textOf } from '@grantlog/record'
import { decodeLogsRequest } from '@grantlog/record/otlp'
import { deletion, encodeLogs, type Fields } from '@grantlog/record/testing'
import {
  eventually,
  type Harness,
  newData,
  rawRequest,
  type Sink,
  startHarness,
  startSink,
} from '../../../test/harness.ts'
import { logsBody } from '../../../test/other-signals.ts'
import { replaceText } from '../../io/note.ts'
import { logFrames } from '../../ledger.ts'
import { openPassThrough, type PassThroughQueue } from '../../queue/pass-through.ts'
import { encodeLogUnits } from './encode.ts'
import { projectLog } from './log-record.ts'

const limits = { backoffMinMs: 1, backoffMaxMs: 5, sinkPaceMs: 0 }
let data: string
let folders: Folders
let sink: Sink

beforeEach(async () => {
  data = await newData()
  folders = foldersUnder(data)
  sink = await startSink()
})
afterEach(() => sink.close())

const idOf = (n: number): string => `019aaf25-0c00-7000-8000-${String(n).padStart(12, '0')}`
const deletionOf = (n: number): Fields => ({
  ...deletion,
  attributes: { ...deletion.attributes, 'audit.record.id': idOf(n) },
})
const ids = (...numbers: number[]): string[] => numbers.map(idOf)

async function send({ receiver }: Harness, n: number): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const body = encodeLogs([deletionOf(n)])
  const request = { method: 'POST', path: '/v1/logs', headers, body }
  expect((await rawRequest(receiver.otlpPort, request)).status).toBe(200)
}

/** Seals records one by one, with no sink. */
async function sealed(count: number): Promise<void> {
  await using harness = await startHarness({ data })
  for (let n = 0; n < count; n++) await send(harness, n)
}

/** What the former version would have put into its queue, by id. */
async function marked(): Promise<Map<string, Uint8Array>> {
  const reader = await openReader(folders)
  const bodies = new Map<string, Uint8Array>()
  const projection = { origin: reader.origin, personalData: 'pseudonymised' } as const
  for await (const { logs } of logFrames(reader.frames(0))) {
    for (const log of logs) {
      const projected = projectLog(log, projection)
      bodies.set(
        projected.id,
        Buffer.concat(encodeLogUnits([{ index: log.index, spans: 1, projected }])),
      )
    }
  }
  await reader.close()
  return bodies
}

/** The queue and the sink's offset in it: `reached` are behind it. */
async function leaveQueue(reached: readonly string[], waiting: readonly string[]): Promise<void> {
  await mkdir(folders.queue, { recursive: true })
  const bodies = await marked()
  const queue: PassThroughQueue = await openPassThrough({
    directory: join(folders.queue, 'passthrough-logs'),
    ...{ frameBytes: 1024 * 1024, queueBytes: 1024 ** 3, log: () => undefined },
  })
  for (const id of [...reached, ...waiting]) await queue.append(bodies.get(id)!)
  await queue.append(logsBody({ a: '1' }))
  const file = join(folders.queue, 'collector.pass-through-logs.offset')
  await (await openOffset(file)).set(reached.length)
  await replaceText(`${file}.origin`, 'example.com/log\n')
  await queue.close()
}

const idsTaken = (): string[] =>
  sink.taken
    .flatMap((body) => [...decodeLogsRequest(body).logs()])
    .map((log) =>
      'error' in log ? 'malformed' : (textOf(log.attributes['audit.record.id']) ?? ''),
    )

/** The new version, until its sink has all; `more` are sealed meanwhile. */
async function upgraded(more: readonly number[] = []): Promise<Harness['events']> {
  const sinks = [{ name: 'collector', url: sink.url }]
  await using harness = await startHarness({ data, limits, sinks })
  for (const n of more) await send(harness, n)
  await eventually(() => {
    return harness.receiver.status().sinks.every(({ lag }) => lag.logs + lag.passThrough === 0)
  })
  return harness.events.filter(({ code }) => code === 'SINK_LOGS_FROM_LEDGER')
}

test('the queue brings what is in it, the ledger the rest, and that is said once', async () => {
  await sealed(6)
  await leaveQueue(ids(0, 1, 2, 3), ids(4, 5))
  expect(await upgraded([6, 7])).toMatchObject([{ level: 'info', sink: 'collector' }])
  expect(idsTaken().toSorted()).toEqual(ids(4, 5, 6, 7))
  expect(await upgraded([8])).toEqual([])
  expect(idsTaken().toSorted()).toEqual(ids(4, 5, 6, 7, 8))
})

test('one that never came into the queue is brought, though its sender comes again', async () => {
  await sealed(6)
  await leaveQueue(ids(0, 1, 2), ids(3, 4))
  await upgraded([5])
  expect(idsTaken().toSorted()).toEqual(ids(3, 4, 5))
})

test('so is one that others passed by, and with it again those after it', async () => {
  await sealed(6)
  await leaveQueue(ids(0, 1), ids(2, 4, 5))
  await upgraded()
  expect(new Set(idsTaken())).toEqual(new Set(ids(2, 3, 4, 5)))
})

test('so is the first of all', async () => {
  await sealed(1)
  await leaveQueue([], [])
  await upgraded()
  expect(idsTaken()).toEqual(ids(0))
})

test('a sink that never got any gets all from the beginning, and that is said', async () => {
  await sealed(3)
  await mkdir(folders.queue, { recursive: true })
  await replaceText(join(folders.queue, 'collector.offset.origin'), 'example.com/log\n')
  expect(await upgraded()).toMatchObject([{ sink: 'collector', commit: 0 }])
  expect(idsTaken()).toEqual(ids(0, 1, 2))
  expect(await upgraded([3])).toEqual([])
})

test('a sink that is new gets all from the beginning, as of records', async () => {
  await sealed(6)
  expect(await upgraded()).toEqual([])
  expect(idsTaken()).toEqual(ids(0, 1, 2, 3, 4, 5))
})
