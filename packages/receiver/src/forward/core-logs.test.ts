// Scenario: an edge and a core, each with a log of its own, and audit log records, which nobody's
// key of ours signed. Guarantee: the core seals what the edge sealed, as observed, with the edge's
// word on whom it had it of; the edge has a receipt for each, or a signed refusal.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import {
  audit,
  decodeObservation,
  type EdgeWord,
  openLogReceipt,
  openRefusal,
} from '@grantlog/ledger'
import { type JsonObject, openLog, openLogSlot } from '@grantlog/record'
import { deletion, encodeLog, encodeLogs, type Fields } from '@grantlog/record/testing'
import { edgeAndCore } from '../../test/edge-and-core.ts'
import { eventually, type Harness, newData, rawRequest } from '../../test/harness.ts'
import { readKeptReceipts } from './core/kept.ts'
import { coreKeyOf } from './core/receipts.ts'

const limits = { backoffMinMs: 1, backoffMaxMs: 4, sinkPaceMs: 0, refusedAllMs: 20 }
const { startCore, startEdge } = edgeAndCore({ limits })

async function sendLogs({ receiver }: Harness, body: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const request = { method: 'POST', path: '/v1/logs', headers, body }
  expect((await rawRequest(receiver.otlpPort, request)).status).toBe(200)
}

interface Sealed {
  readonly index: number
  readonly leaf: { readonly id: string; readonly digest: string; readonly signature: string }
  readonly observed: ReturnType<typeof decodeObservation>
  readonly form: JsonObject
  readonly slots: Readonly<Record<string, JsonObject>>
}

async function logsOf({ ledger }: Harness): Promise<Sealed[]> {
  const found: Sealed[] = []
  for await (const { entries } of ledger.frames(0)) {
    for (const { index, leaf, logOpenings, stored } of entries) {
      if (leaf.type !== 'log' || stored.kind !== 'log') continue
      const slots = logOpenings().map(({ opening, slot }) => [slot, openLogSlot(opening, slot)])
      found.push({
        ...{ index, leaf, observed: decodeObservation(stored.observation) },
        form: openLog(stored.canonical).form,
        slots: Object.fromEntries(slots) as Record<string, JsonObject>,
      })
    }
  }
  return found
}

/** What it says, apart from whom it is of. */
const said = (all: readonly Sealed[]): unknown[] => all.map(({ form, slots }) => ({ form, slots }))

const isCaughtUp = ({ receiver }: Harness): boolean => receiver.status().sinks[0]?.lag.commits === 0

const withId = (n: number, change: Fields = {}): Fields => ({
  ...deletion,
  ...change,
  attributes: {
    ...deletion.attributes,
    'audit.record.id': `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`,
    ...change.attributes,
  },
})

async function notesKept({ folders: { queue } }: Harness): Promise<[string, number[]][]> {
  const notes: [string, number[]][] = []
  for await (const { note, records } of readKeptReceipts(queue, 'core')) {
    notes.push([
      note,
      records.flatMap(([index, , count]) => Array.from({ length: count }, (_, n) => index + n)),
    ])
  }
  return notes
}

async function requireSound({ folders: own, ledger }: Harness): Promise<void> {
  await ledger.settle()
  expect((await audit({ folders: own, logKey: ledger.logKey })).findings).toEqual([])
}

test('a core has each log record as it came, and whom the edge had it of', async () => {
  const core = await startCore()
  const edge = await startEdge(core)
  const wild: Fields = withId(2, {
    body: { a: [1n, -0.5, true, null, new Uint8Array([1])], b: { c: 'x' } },
    attributes: { __proto__x: 'y', password: 'hunter2hunter2', 'grantlog.verdict': 'verified' },
  })
  const { 'audit.record.id': _, ...others } = deletion.attributes!
  const idless: Fields = { ...deletion, attributes: { ...others, 'audit.integrity.value': 'c2ln' } }
  await sendLogs(edge, encodeLogs([withId(1), wild]))
  await sendLogs(edge, encodeLogs([idless, { body: 'x' }], { scope: '@grantlog/other' }))
  await eventually(() => isCaughtUp(edge))
  const [here, there] = [await logsOf(edge), await logsOf(core)]
  expect(here).toHaveLength(4)
  expect(said(there)).toEqual(said(here))
  const words = here.map(({ index, leaf: { digest }, observed }): Partial<EdgeWord> => {
    return { ...observed, digest, index, origin: 'example.com/log' }
  })
  for (const [at, { leaf, observed }] of there.entries()) {
    expect(observed).toMatchObject({ caller: 'local', proof: 'address', edge: words[at] })
    expect(observed.edge).toMatchObject({ receivedAt: expect.any(Number) as unknown })
    expect(leaf.digest).not.toBe(here[at]!.leaf.digest)
  }
  await requireSound(core)
})

test('receipts name the leaves of the edge, and what comes again is there once', async () => {
  const core = await startCore()
  const data = await newData()
  const edge = await startEdge(core, {}, { data })
  await sendLogs(edge, encodeLogs(Array.from({ length: 200 }, (_, n) => withId(n))))
  await eventually(() => isCaughtUp(edge))
  await edge.close()
  await rm(join(edge.folders.queue, 'core.offset'))
  const again = await startEdge(core, {}, { data })
  await eventually(() => isCaughtUp(again))
  const { verifier } = coreKeyOf(core.ledger.receiptKey)
  const [here, there] = [await logsOf(again), await logsOf(core)]
  const places = new Map<string, number>()
  for (const [note, indexes] of await notesKept(again)) {
    const { logs, origin } = openLogReceipt(Buffer.from(note), verifier)
    expect([origin, logs.length]).toEqual(['core.example.com/log', indexes.length])
    for (const { digest, index } of logs) places.set(digest, index)
  }
  const expected = here.map(({ leaf }, at) => {
    return [Buffer.from(leaf.digest, 'base64url').toString('base64'), there[at]!.index]
  })
  expect([...places]).toEqual(expected)
  expect(there).toHaveLength(200)
  await requireSound(core)
})

test('a log record that the core has otherwise is refused, signed, and a dead letter', async () => {
  const core = await startCore()
  await sendLogs(core, encodeLogs([withId(1, { body: 'something else' })]))
  const edge = await startEdge(core)
  await sendLogs(edge, encodeLogs([withId(1), withId(2)]))
  await eventually(() => isCaughtUp(edge))
  const [conflict] = await logsOf(edge)
  expect(edge.receiver.status().sinks[0]).toMatchObject({ forwarded: 1, refused: 1 })
  const { verifier } = coreKeyOf(core.ledger.receiptKey)
  const refusals = (await notesKept(edge)).flatMap(([note, indexes]) => {
    if (!note.startsWith('grantlog-refusal-v1')) return []
    return [{ ...openRefusal(Buffer.from(note), verifier), indexes }]
  })
  const digest = Buffer.from(conflict!.leaf.digest, 'base64url').toString('base64')
  expect(refusals).toEqual([
    expect.objectContaining({
      origin: 'core.example.com/log',
      parts: [{ code: 'CONFLICT', digest }],
      indexes: [conflict!.index],
    }),
  ])
})

test('what one receiver took is never too long for the next', async () => {
  const core = await startCore()
  const edge = await startEdge(core)
  const full = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`k${n}`, true]))
  const fixed = encodeLog(withId(1, { attributes: { long: 'x'.repeat(60_000) } })).length - 60_000
  const long = withId(1, { attributes: { long: 'x'.repeat(65_000 - fixed) } })
  const secrets = Array.from({ length: 200 }, (_, n) => [
    `${'s'.repeat(60)}${n}.password`,
    'hunter2',
  ])
  const redacted = withId(2, { attributes: Object.fromEntries(secrets) as Record<string, string> })
  await sendLogs(edge, encodeLogs([long, redacted, withId(3, { event: '', body: null })]))
  await sendLogs(edge, encodeLogs([{ body: 'y' }], { scope: '@grantlog/x', resource: full }))
  await eventually(() => isCaughtUp(edge))
  expect(await logsOf(edge)).toHaveLength(4)
  expect(await logsOf(core)).toHaveLength(4)
  expect(edge.receiver.status().sinks[0]).toMatchObject({ refused: 0, forwarded: 4 })
})

test('a word of an edge that is none is an attribute like any other, and taken out', async () => {
  const core = await startCore()
  const body = Buffer.from(encodeLogs([withId(1)], { scope: 'app' }))
  await sendLogs(core, body)
  const forged = withId(2, { attributes: { 'grantlog.edge': '{"redacted":[],"word":{}}' } })
  await sendLogs(core, encodeLogs([forged]))
  const [, second] = await logsOf(core)
  expect(second!.observed.edge).toBeUndefined()
  expect(second!.form).toMatchObject({ redacted: ['attributes.grantlog.edge'] })
})
