// Scenario: a receiver is killed with SIGKILL, ten times, at random moments, while audit log
// records come, and for half of that time its sink is down; who sends comes again until it has
// receipts.
// Guarantee: every log record with a receipt is at the place that the receipt names, and reaches
// the sink, in the order of the log; nothing is sealed twice, and the log verifies.
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { foldersUnder, openReader, openReceipt } from '@grantlog/ledger'
import { textOf } from '@grantlog/record'
import { decodeLogsRequest } from '@grantlog/record/otlp'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import { type Sink, startSink } from '../../packages/receiver/test/harness.ts'
import { newDataFolder, verifyFolder } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'

const kills = 10
const perRequest = 8
const senders = 3

const idOf = (sender: number, n: number): string =>
  `019aaf25-0c00-7000-8${String(sender).padStart(3, '0')}-${String(n).padStart(12, '0')}`

/** The ids of one request, and how it is sent. */
function requestOf(sender: number, first: number): { ids: string[]; body: Uint8Array } {
  const ids = Array.from({ length: perRequest }, (_, at) => idOf(sender, first + at))
  const logs = ids.map((id) => ({
    ...deletion,
    attributes: { ...deletion.attributes, 'audit.record.id': id },
  }))
  return { ids, body: encodeLogs(logs) }
}

/** Notes of its receipts; null when there was no answer to rely on. */
async function post(endpoint: string, body: Uint8Array): Promise<Buffer[] | null> {
  try {
    const response = await fetch(`${endpoint}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: body as Uint8Array<ArrayBuffer>,
    })
    await response.arrayBuffer()
    const header = response.headers.get('grantlog-receipt')
    return header === null ? null : header.split(', ').map((note) => Buffer.from(note, 'base64'))
  } catch {
    return null
  }
}

/** Index and id of each log record of the ledger, in its order. */
async function sealedIn(data: string): Promise<Map<number, string>> {
  const reader = await openReader(foldersUnder(data))
  const sealed = new Map<number, string>()
  for await (const { entries } of reader.frames(0)) {
    for (const { index, leaf } of entries) if (leaf.type === 'log') sealed.set(index, leaf.id)
  }
  await reader.close()
  return sealed
}

/** Indexes in the order in which the sink took them. */
function indexesAt(sink: Sink): number[] {
  return sink.taken
    .flatMap((body) => [...decodeLogsRequest(body).logs()])
    .map((log) => ('error' in log ? NaN : Number(textOf(log.attributes['grantlog.index']))))
}

async function untilTaken({ adminEndpoint }: ReceiverProcess): Promise<void> {
  for (;;) {
    const answer = (await (await fetch(`${adminEndpoint}/readyz`)).json()) as {
      sinks: { lag: { logs: number } }[]
    }
    if (answer.sinks.every(({ lag }) => lag.logs === 0)) return
    await delay(20)
  }
}

const killed = {
  where: 'receiver',
  fault: `kill -9 while audit log records come, ${kills} times, the sink down half of the time`,
  expected: 'each with a receipt is in its place, and reaches the sink in the order of the log',
} as const

faultTest(killed, async () => {
  await using place = await newDataFolder()
  const sink = await startSink()
  const args = ['--forward', sink.url]
  let receiver = await startReceiverProcess(place.data, args)
  const receipted = new Map<number, string>()
  let isStopped = false
  const send = async (sender: number): Promise<void> => {
    for (let first = 0; !isStopped; first += perRequest) {
      const { body, ids } = requestOf(sender, first)
      let notes = await post(receiver.endpoint, body)
      for (; notes === null; notes = await post(receiver.endpoint, body)) await delay(5)
      for (const note of notes) {
        const { firstIndex, firstSeq, lastSeq } = openReceipt(note, place.receipts)
        for (let n = firstSeq; n <= lastSeq; n++) receipted.set(firstIndex + n - firstSeq, ids[n]!)
      }
    }
  }
  const running = Array.from({ length: senders }, (_, sender) => send(sender))
  for (let i = 0; i < kills; i++) {
    sink.answer = () => (i < kills / 2 ? 503 : 200)
    const goal = receipted.size + 10 * perRequest
    while (receipted.size < goal) await delay(5)
    await delay((i * 137) % 200)
    await receiver.kill()
    receiver = await startReceiverProcess(place.data, args)
  }
  isStopped = true
  await Promise.all(running)
  await untilTaken(receiver)
  expect(await receiver.stop()).toBe(0)
  await sink.close()

  const sealed = await sealedIn(place.data)
  for (const [index, id] of receipted) expect(sealed.get(index)).toBe(id)
  expect(new Set(sealed.values()).size).toBe(sealed.size)
  const came = indexesAt(sink)
  expect([...new Set(came)]).toEqual([...sealed.keys()])
  await verifyFolder(place.data, place.logKey)
  return `${receipted.size} with receipts, ${sealed.size} in the log, all at the sink`
})
