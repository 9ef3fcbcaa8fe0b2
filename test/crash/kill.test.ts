// Scenario: a receiver under load is killed with SIGKILL, twenty times, at random moments; senders
// come again with what got no receipt.
// Guarantee: every record with a receipt is at the place its receipt names, nothing is sealed
// twice, and the whole log verifies.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from '@jest/globals'
import {
  audit,
  createLedger,
  ed25519Verify,
  foldersUnder,
  isRecordLeaf,
  openReader,
  openReceipt,
  sha256,
} from '@grantlog/ledger'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import { ATTR } from '@grantlog/record'
import { ed25519Verifier, type NoteVerifier } from '@grantlog/tlog'
import {
  person,
  spanOf,
  testProducer,
  type TestProducer,
} from '../../packages/ledger/test/producer.ts'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'

const kills = 20
const batchRecords = 20
let data: string
let logKey: string
let receiptVerifier: NoteVerifier

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-kill-'))
  const keys = await createLedger(foldersUnder(data), 'kill.example/log')
  logKey = keys.logKey
  receiptVerifier = ed25519Verifier(keys.receiptKey, sha256, ed25519Verify)
})
afterAll(() => rm(data, { recursive: true, force: true }))

interface Receipted {
  readonly kid: string
  readonly seq: number
  readonly index: number
}

/** One sender: batches in order, each sent until its receipt came. */
async function sendUntil(
  producer: TestProducer,
  state: { endpoint: string; stop: boolean },
  receipted: Receipted[],
): Promise<number> {
  let next = 0
  let body: Uint8Array | undefined
  while (!state.stop) {
    body ??= requestOf(producer, next)
    const header = await post(state.endpoint, body)
    if (header === null) {
      await delay(5)
      continue
    }
    for (const note of header.split(',')) {
      const receipt = openReceipt(Buffer.from(note.trim(), 'base64'), receiptVerifier)
      for (let seq = receipt.firstSeq; seq <= receipt.lastSeq; seq++) {
        const index = receipt.firstIndex + (seq - receipt.firstSeq)
        receipted.push({ kid: producer.kid, seq, index })
      }
    }
    next += batchRecords
    body = undefined
  }
  return next
}

function requestOf(producer: TestProducer, first: number): Uint8Array {
  const spans = Array.from({ length: batchRecords }, (_, i) =>
    spanOf({ seq: first + i, attributes: person(`user ${(first + i) % 7}`) }),
  )
  const { jws, digests } = producer.sign(spans)
  const attributes: [string, string | Uint8Array][] = [
    [ATTR.AUDIT_INTEGRITY_VALUE, jws],
    [ATTR.AUDIT_INTEGRITY_DIGESTS, digests],
  ]
  const scope = { name: '@grantlog/sdk', version: '1', attributes }
  return encodeTraceRequest([{ resource: [], scope, spans }])
}

/** The receipts, or null when there was no answer to rely on. */
async function post(endpoint: string, body: Uint8Array): Promise<string | null> {
  try {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(body),
    })
    await response.arrayBuffer()
    return response.status === 200 ? response.headers.get('grantlog-receipt') : null
  } catch {
    return null
  }
}

const killed = {
  where: 'receiver',
  fault: `kill -9 under load, ${kills} times`,
  expected: 'what has a receipt is in its place, nothing is sealed twice, the log verifies',
} as const

faultTest(killed, async () => {
  const producers = [testProducer(), testProducer(), testProducer()]
  await writeFile(
    join(foldersUnder(data).keys, 'enrolled.json'),
    JSON.stringify(producers.map(({ enrolment }) => enrolment)),
    { mode: 0o600 },
  )
  let receiver: ReceiverProcess = await startReceiverProcess(data)
  const state = { endpoint: receiver.endpoint, stop: false }
  const receipted: Receipted[] = []
  const senders = producers.map((producer) => sendUntil(producer, state, receipted))
  for (let i = 0; i < kills; i++) {
    // Not at a multiple of the seal interval: kills must hit commits, seals and idle moments.
    await delay(60 + ((i * 137) % 400))
    await receiver.kill()
    receiver = await startReceiverProcess(data)
    state.endpoint = receiver.endpoint
  }
  await delay(300)
  state.stop = true
  const sent = await Promise.all(senders)
  expect(await receiver.stop()).toBe(0)
  await checkPlaces(receipted)
  const report = await audit({ folders: foldersUnder(data), logKey })
  expect(report.findings).toEqual([])
  expect(report.verified).toBe(report.records)
  expect(report.gaps).toBe(0)
  // What was sent and not yet receipted at the end may be in the log, at most a batch per sender.
  const total = sent.reduce((sum, records) => sum + records, 0)
  expect(report.records).toBeGreaterThanOrEqual(total)
  expect(receipted.length).toBeGreaterThan(kills * batchRecords)
  return `${receipted.length} records with receipts, ${report.records} in the log`
})

async function checkPlaces(receipted: readonly Receipted[]): Promise<void> {
  const reader = await openReader(foldersUnder(data))
  const places = new Map<number, string>()
  const seen = new Set<string>()
  for await (const { entries } of reader.frames(0)) {
    for (const { index, leaf } of entries) {
      if (!isRecordLeaf(leaf)) continue
      const name = `${leaf.kid} ${leaf.seq}`
      expect(seen.has(name)).toBe(false)
      seen.add(name)
      places.set(index, name)
    }
  }
  await reader.close()
  for (const { kid, seq, index } of receipted) expect(places.get(index)).toBe(`${kid} ${seq}`)
}
