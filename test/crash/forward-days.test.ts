// Scenario: three days, sixteen sinks, each with a trouble of its own; all at once, in one process.
// Guarantee: each gets every record in order, at once when it is well, and all it missed when it
// comes back; what it will never take is in its dead letters, with the reason; an outage is told
// once; and nobody waits for anybody else's sink.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import type { LogEvent } from '../../packages/receiver/src/flow.ts'
import { type Forwarding, startForwarding } from '../../packages/receiver/src/forward/forward.ts'
import { readDeadLetters } from '../../packages/receiver/src/forward/io/dead-letter.ts'
import type { SinkStatus } from '../../packages/receiver/src/forward/sink-options.ts'
import { type Limits, LIMITS } from '../../packages/receiver/src/limits.ts'
import { WireWriter } from '@grantlog/record/otlp'
import { faultTest } from './fault.ts'
import {
  type Answer,
  committedAt,
  DAY_MS,
  Days,
  type DaySink,
  emptyQueue,
  framesIn,
  growingLog,
  HOUR_MS,
  recordsOf,
  startDaySink,
} from './sink-days.ts'

const frames = framesIn(3 * DAY_MS)
const records = recordsOf(frames)
/** Longer than the default, for the sake of the attempts that are made for real. */
const backoffMaxMs = 300_000
/** Real time: a server that says nothing is given up after so long, others have all the time. */
const hangingTimeoutMs = 400

const between = (from: number, to: number, answer: Answer) => (hour: number) =>
  hour >= from && hour < to ? answer : 200
const reset: Answer = (request) => request.socket.destroy()
const midAnswer: Answer = (request, response) => {
  response.writeHead(200, { 'content-length': 100, 'content-type': 'application/x-protobuf' })
  response.write('half', () => request.socket.destroy())
}
const login: Answer = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please log in</html>')
}
const noise: Answer = (request) => request.socket.end('\u0000\u0001 no HTTP\r\n\r\n')
const busy: Answer = (_, response) => void response.writeHead(503, { 'retry-after': '120' }).end()
const isBad = (index: number): boolean => index % 50 === 7

/** What each sink does, by the hour. */
const troubles = {
  well: () => 200 as const,
  dead: between(1, 70, reset),
  slow: (): Answer => (_, response) => void setTimeout(() => response.writeHead(200).end(), 3),
  hanging: between(10, 11.5, () => undefined),
  flapping: (_hour: number, _indexes: readonly number[], attempt: number): Answer =>
    attempt % 2 === 0 ? 503 : 200,
  minute: (hour: number): Answer => (Math.floor(hour * 2) % 2 === 0 ? 200 : busy),
  unauthorized: between(5, 53, 401),
  moved: between(5, 53, 404),
  mapping: between(20, 20.6, 400),
  refusing: between(20, 44, 400),
  picky: (_hour: number, indexes: readonly number[]): Answer => (indexes.some(isBad) ? 400 : 200),
  partial: (_hour: number, indexes: readonly number[]): Answer =>
    indexes.some(isBad) ? rejectOne : 200,
  failing: between(30, 40, 500),
  garbage: between(30, 40, login),
  noisy: between(30, 40, noise),
  closing: between(50, 60, midAnswer),
} satisfies Record<string, (hour: number, indexes: readonly number[], attempt: number) => Answer>
type Name = keyof typeof troubles
const names = Object.keys(troubles) as Name[]

function rejectOne(...[, response]: Parameters<Exclude<Answer, number>>): void {
  const writer = new WireWriter()
  writer.message(1, (inner) => inner.varint(1, 1))
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(writer.finish())
}

let folder: string
const days = new Days(2 * names.length, seeded(7))
const sinks = {} as Record<Name, DaySink>
const events: LogEvent[] = []
let statuses: readonly SinkStatus[]

beforeAll(async () => {
  folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'grantlog-days-'))
  for (const name of names) sinks[name] = await startDaySink(days, troubles[name])
  const start = (which: readonly Name[], limits: Partial<Limits> = {}): Promise<Forwarding> =>
    startForwarding({
      sinks: which.map((name) => ({ name, url: sinks[name].url })),
      folder,
      records: growingLog(days, frames),
      queues: { traces: emptyQueue(days) },
      projection: { origin: 'days.example/log', verdictOf: () => 'verified' },
      limits: { ...LIMITS, backoffMaxMs, ...limits },
      now: days.timing.now,
      timing: days.timing,
      log: (event) => events.push(event),
    })
  const forwardings = [
    await start(names.filter((name) => name !== 'hanging')),
    await start(['hanging'], { sinkTimeoutMs: hangingTimeoutMs }),
  ]
  await days.ended
  statuses = forwardings.flatMap((forwarding) => forwarding.sinks)
  for (const forwarding of forwardings) await forwarding.close()
}, 300_000)

afterAll(async () => {
  for (const name of names) await sinks[name]?.close()
  await rm(folder, { recursive: true, force: true })
})

const told = (name: Name, code: string): LogEvent[] =>
  events.filter((event) => event['sink'] === name && event.code === code)

/** Every record is taken, in order, or named in a dead letter; gives what was counted. */
async function account(name: Name): Promise<{ taken: number; buried: number; letters: number }> {
  const letters = await readDeadLetters(folder, name)
  const buried = new Set(letters.flatMap(({ indexes }) => indexes))
  // An answer that came too late for a hanging sink was to a request that is sent again.
  const all = sinks[name].taken.map(({ index }) => index)
  const taken = name === 'hanging' ? [...new Set(all)] : all
  expect(taken).toEqual(taken.toSorted((a, b) => a - b))
  expect(new Set(taken).size).toBe(taken.length)
  expect(new Set([...taken, ...buried]).size).toBe(records)
  expect(sinks[name].largest).toBeLessThanOrEqual(LIMITS.sinkBatchSpans)
  const status = statuses.find((each) => each.name === name)!
  expect(status).toMatchObject({ retries: 0, reason: '', lag: { commits: 0 }, stopped: false })
  for (const letter of letters) expect(letter).toMatchObject({ sink: name, source: 'ledger' })
  return { taken: taken.length, buried: buried.size, letters: letters.length }
}

const attempts = (name: Name): number =>
  [...sinks[name].answers.values()].reduce((sum, count) => sum + count, 0)

/** The longest that a record waited for its sink, in hours. */
const longest = (name: Name): number =>
  Math.max(...sinks[name].taken.map(({ index, hour }) => hour - committedAt(index) / HOUR_MS))

/** A trouble that ends, and after which nothing is missing. */
function outage(name: Name, fault: string, level: 'warn' | 'error', reason: string): void {
  const expected = 'nothing is lost or put aside; told once, tried less and less; caught up with'
  faultTest({ where: 'sink', fault, expected }, async () => {
    const { buried, taken } = await account(name)
    expect({ buried, taken }).toEqual({ buried: 0, taken: records })
    expect(told(name, 'SINK_DOWN')).toMatchObject([{ level, reason }])
    expect(told(name, 'SINK_BACK')).toHaveLength(1)
    const { attempts: tries, downMs } = told(name, 'SINK_BACK')[0]! as unknown as {
      attempts: number
      downMs: number
    }
    // Half the longest wait is the shortest there is, once it has grown.
    expect(tries).toBeLessThan((2 * downMs) / backoffMaxMs + 12)
    return `${taken} of ${records} taken, ${tries} tries in ${(downMs / HOUR_MS).toFixed(1)} h`
  })
}

faultTest(
  {
    where: 'sink',
    fault: `three days beside ${names.length - 1} sinks in trouble`,
    expected: 'a sink that is well gets each record at once',
  },
  async () => {
    const { taken } = await account('well')
    expect(longest('well')).toBe(0)
    expect(taken).toBe(records)
    const long = days.waits.filter((ms) => ms > backoffMaxMs)
    expect(long.every((ms) => ms <= backoffMaxMs + 120_000)).toBe(true)
    // Jitter: hardly two of the waits are the same.
    expect(new Set(days.waits).size).toBeGreaterThan(days.waits.length / 2)
    return `${taken} taken, each in the moment it was committed`
  },
)

outage('dead', 'dead for 69 hours: every connection is reset', 'warn', 'ECONNRESET')
outage('hanging', 'never answers, for ninety minutes', 'warn', 'TimeoutError')
outage('unauthorized', '401 for two days: the token is wrong', 'error', 'HTTP 401')
outage('moved', '404 for two days: the path is wrong', 'error', 'HTTP 404')
outage('mapping', '400 to everything, mended within the hour', 'error', 'all refused: HTTP 400')
outage('failing', '500 for ten hours', 'warn', 'HTTP 500')
const noOtlp = 'HTTP 200, but no OTLP answer'
outage('garbage', '200 with a log-in page for ten hours', 'error', noOtlp)
outage('noisy', 'bytes that are no HTTP for ten hours', 'error', 'HPE_INVALID_CONSTANT')
outage('closing', 'closes in the middle of each answer for ten hours', 'warn', 'ECONNRESET')

faultTest(
  {
    where: 'sink',
    fault: 'answers each request late',
    expected: 'nothing is lost, nothing is told',
  },
  async () => {
    expect(told('slow', 'SINK_DOWN')).toEqual([])
    return `${attempts('slow')} requests, ${sinks.slow.answers.get('odd')} answered`
  },
)

faultTest(
  {
    where: 'sink',
    fault: 'flaps: every second request is answered 503',
    expected: 'nothing is lost, nobody is told of what passes by itself',
  },
  async () => {
    const { taken } = await account('flapping')
    expect(taken).toBe(records)
    expect(told('flapping', 'SINK_DOWN')).toEqual([])
    return `${taken} taken, ${sinks.flapping.answers.get('503')} times 503`
  },
)

faultTest(
  {
    where: 'sink',
    fault: 'half an hour well, half an hour 503 with Retry-After, for three days',
    expected: 'nothing is lost, each outage is told once, and no earlier try than asked',
  },
  async () => {
    const { taken } = await account('minute')
    expect(taken).toBe(records)
    const outages = told('minute', 'SINK_DOWN').length
    expect(outages).toBeLessThanOrEqual(72)
    expect(outages).toBeGreaterThan(60)
    expect(told('minute', 'SINK_BACK')).toHaveLength(outages)
    // Thirty minutes have room for fifteen waits of two minutes.
    expect(sinks.minute.answers.get('odd')!).toBeLessThanOrEqual(72 * 15)
    return `${taken} taken, ${outages} outages, ${sinks.minute.answers.get('odd')} tries in them`
  },
)

faultTest(
  {
    where: 'sink',
    fault: 'refuses one record in fifty (400)',
    expected: 'these are in the dead letters, the others arrive',
  },
  async () => {
    const { buried, taken } = await account('picky')
    expect(taken + buried).toBe(records)
    const letters = await readDeadLetters(folder, 'picky')
    expect(letters.every(({ indexes, status }) => indexes.every(isBad) && status === 400)).toBe(
      true,
    )
    return `${taken} taken, ${buried} in the dead letters`
  },
)

faultTest(
  {
    where: 'sink',
    fault: 'takes a part (partial_success) of one request in seventeen',
    expected: 'the requests are in the dead letters, nothing is sent twice',
  },
  async () => {
    const letters = await readDeadLetters(folder, 'partial')
    const named = new Set(letters.flatMap(({ indexes }) => indexes))
    expect(
      letters.every(
        ({ indexes, spans, status }) => spans === 1 && status === 200 && indexes.some(isBad),
      ),
    ).toBe(true)
    expect(new Set([...named, ...sinks.partial.taken.map(({ index }) => index)]).size).toBe(records)
    expect(attempts('partial')).toBe(frames)
    return `${letters.length} letters, ${attempts('partial')} requests for ${frames} commits`
  },
)

faultTest(
  {
    where: 'sink',
    fault: '400 to everything for a day, and nobody mends it',
    expected:
      'what it did not take within the hour is in the dead letters, loudly; the rest arrives',
  },
  async () => {
    const { buried, letters, taken } = await account('refusing')
    expect(taken + buried).toBe(records)
    expect(buried).toBeLessThanOrEqual(recordsOf(framesIn(DAY_MS)))
    expect(letters).toBeLessThanOrEqual(24 * recordsOf(framesIn(HOUR_MS)))
    expect(told('refusing', 'SINK_REFUSED').length).toBe(letters)
    expect(told('refusing', 'SINK_DOWN')[0]).toMatchObject({ level: 'error' })
    return `${taken} taken, ${buried} in the dead letters, ${attempts('refusing')} requests`
  },
)

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
