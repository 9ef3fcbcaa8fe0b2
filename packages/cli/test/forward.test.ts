// Guarantee: what a sink refused or lost is sent again as the receiver sent it, from a ledger that
// is only read; it says where it got to, and goes on from there.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Span } from '@grantlog/record'
import { decodeTraceRequest } from '@grantlog/record/otlp'
import { errorIn, grantlog, type Running, start, temporaryFolder } from './command.ts'
import { openStream } from './producer.ts'

const { folder, remove } = temporaryFolder()
const data = join(folder, 'data')
/** More than a request to a sink has, in several batches. */
const records = 2100
const batchRecords = 700
const refusedSequence = 7n

interface Taken {
  readonly span: Span
  readonly marks: Record<string, unknown>
}

interface Sink {
  readonly url: string
  /** By index in the log. */
  readonly taken: Map<number, Taken[]>
  answer: (spans: readonly Span[]) => number
  close(): Promise<void>
}

async function startSink(): Promise<Sink> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const all = takenIn(Buffer.concat(chunks))
      const status = sink.answer(all.map(({ span }) => span))
      for (const each of status === 200 ? all : []) {
        const { stringValue } = each.marks['grantlog.index'] as { stringValue: string }
        const index = Number(stringValue)
        sink.taken.set(index, [...(sink.taken.get(index) ?? []), each])
      }
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const sink: Sink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: new Map(),
    answer: () => 200,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return sink
}

function takenIn(body: Uint8Array): Taken[] {
  return decodeTraceRequest(body).groups.flatMap(({ spans }) =>
    spans.map((decoded) => {
      if ('error' in decoded) throw decoded.error
      return { span: decoded.span, marks: decoded.unsigned }
    }),
  )
}

let receiver: Running
/** The sink of the receiver, which refuses one record; and one that has nothing yet. */
let first: Sink
let other: Sink

beforeAll(async () => {
  first = await startSink()
  const isRefused = ({ attributes }: Span): boolean =>
    attributes.get('audit.sequence.number') === refusedSequence
  first.answer = (spans) => (spans.some(isRefused) ? 400 : 200)
  const ports = ['--port', '0', '--admin-port', '0', '--json']
  receiver = start(['receiver', '--data', data, '--forward', first.url, ...ports])
  const { otlpPort } = await receiver.event('READY')
  const out = join(folder, 'credentials.json')
  const place = ['--data', data, '--out', out, '--endpoint', `http://127.0.0.1:${String(otlpPort)}`]
  await grantlog(['keys', 'new', '--service', 'login', '--role', 'authorization_server', ...place])
  const stream = openStream(out)
  for (let sent = 0; sent < records; sent += batchRecords) {
    await stream.send(Array.from({ length: batchRecords }, () => []))
  }
  await receiver.event('SINK_REFUSED')
})
beforeEach(async () => {
  other = await startSink()
})
afterEach(() => other.close())
afterAll(async () => {
  receiver.kill('SIGTERM')
  await receiver.ended
  await first.close()
  remove()
})

interface Report {
  readonly sent: number
  readonly refused: number
  readonly refusals: readonly { readonly status: number; readonly indexes: number[] }[]
  readonly next: number
  readonly stopped: string | null
}

async function forward(...args: string[]): Promise<Report & { code: number | null }> {
  const { code, stderr, stdout } = await grantlog(['forward', '--data', data, '--json', ...args])
  expect(stderr).toBe('')
  return { code, ...(JSON.parse(stdout) as Report) }
}

test('all of the log, beside the receiver, as the receiver sends it', async () => {
  const report = await forward('--from', '0', '--otlp', other.url)
  expect(report).toMatchObject({ code: 0, sent: records, refused: 0, stopped: null })
  expect(other.taken.size).toBe(records)
  for (const [index, [before]] of first.taken) expect(other.taken.get(index)).toEqual([before])
})

test('a range has its first and its last index', async () => {
  const indexes = [...first.taken.keys()].toSorted((a, b) => a - b)
  const range = indexes.slice(100, 300)
  const ends = ['--from', String(range[0]), '--to', String(range.at(-1))]
  expect(await forward(...ends, '--otlp', other.url)).toMatchObject({ code: 0, sent: 200 })
  expect([...other.taken.keys()]).toEqual(range)
})

test('the dead letters are listed, and sent again when the sink takes them', async () => {
  const [name] = await sinksOf(receiver)
  const list = await grantlog(['forward', '--data', data, '--json', '--dead', '--sink', name!])
  const { letters } = JSON.parse(list.stdout) as { letters: { indexes: number[] }[] }
  expect(letters).toMatchObject([{ status: 400, source: 'ledger', spans: 1 }])
  const [dead] = letters[0]!.indexes
  expect(await forward('--dead', '--otlp', first.url)).toMatchObject({
    code: 1,
    sent: 0,
    next: dead,
    stopped: 'all refused: HTTP 400',
  })
  // Elsewhere it is taken.
  const elsewhere = await forward('--dead', '--sink', name!, '--otlp', other.url)
  expect(elsewhere).toMatchObject({ code: 0, sent: 1, refused: 0 })
  expect([...other.taken.keys()]).toEqual([dead])
})

async function sinksOf(running: Running): Promise<string[]> {
  const { adminPort } = await running.event('READY')
  const answer = await fetch(`http://127.0.0.1:${String(adminPort)}/readyz`)
  const { sinks } = (await answer.json()) as { sinks: { name: string }[] }
  return sinks.map(({ name }) => name)
}

test('a sink that goes away: it says where it got to, and goes on from there', async () => {
  let requests = 0
  other.answer = () => (requests++ === 0 ? 200 : 503)
  const broken = await forward('--from', '0', '--otlp', other.url, '--patience', '0')
  expect(broken).toMatchObject({ code: 1, refused: 0, stopped: 'HTTP 503' })
  expect(other.taken.size).toBe(broken.sent)
  other.answer = () => 200
  const rest = await forward('--from', String(broken.next), '--otlp', other.url)
  expect(rest).toMatchObject({ code: 0, sent: records - broken.sent, stopped: null })
  expect([...other.taken.values()].map(({ length }) => length)).toEqual(Array(records).fill(1))
})

test('what a sink refuses is counted and named, and the others are sent', async () => {
  other.answer = first.answer
  const report = await forward('--from', '0', '--otlp', other.url)
  expect(report).toMatchObject({ code: 1, sent: records - 1, refused: 1, stopped: null })
  expect(report.refusals).toMatchObject([{ status: 400, indexes: [expect.any(Number)] }])
})

test.each([
  [['--from', '0']],
  [['--dead']],
  [['--otlp', 'http://127.0.0.1:1']],
  [['--from', '0', '--otlp', 'http://a', '--opensearch', 'http://b']],
])('%j is wrong usage', async (args) => {
  const result = await grantlog(['forward', '--data', data, '--json', ...args])
  expect([result.code, errorIn(result).code]).toEqual([2, 'USAGE'])
})
