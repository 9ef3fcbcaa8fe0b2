import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from '@jest/globals'
import { decodeValidation, encodeValidation } from '@grantlog/ledger'
import {
  accessOf,
  framesWith,
  lineOf,
  logFolder,
  type Request,
  statement,
  zeroMs,
} from '../../test/traffic.ts'
import { reconcile, type ReconcileOptions, type Reconciled } from './reconcile.ts'
import { validationOf } from './report.ts'
import { decodeState, encodeState } from './state.ts'

const logs = logFolder()
afterAll(logs.remove)

const orders = (at: number, id: number, more: Partial<Request> = {}): Request => {
  return { at, path: `/orders/${id}`, route: '/orders/:id', ...more }
}
const traffic = [1, 11, 21, 31].map((at, id) => orders(at, id))
const start = statement(0, 'start', 'audit.stream.start=1')
const stop = (n: number, at = 90): ReturnType<typeof statement> =>
  statement(at, 'stop', `audit.stream.start=1 audit.stream.stop=1 oauth.resource_access=${n}`, {
    http: n,
  })
/** Requests of a service, each recorded, in a closed stream. */
const recorded = (requests: readonly Request[], at?: number): ReconcileOptions['frames'] =>
  framesWith([[start, ...requests.map(accessOf), stop(requests.length, at)]])

const now = zeroMs + 3_600_000

async function compare(
  frames: ReconcileOptions['frames'],
  lines: readonly Request[] | null,
  more: Partial<ReconcileOptions> = {},
): Promise<Reconciled> {
  const accessLogs = lines === null ? [] : [logs.write(lines)]
  return reconcile({ frames, now, service: 'api', accessLogs, ...more })
}

describe('an access log against the records', () => {
  test('everything accounted for', async () => {
    const { report } = await compare(recorded(traffic), traffic)
    expect(report).toMatchObject({
      verdict: 'agrees',
      reasons: [],
      from: zeroMs + 1_000,
      until: zeroMs + 32_000,
      streams: { all: 1, emitted: 6, sealed: 6, differing: 0 },
      requests: { counted: 4, records: 4 },
      log: { counts: { all: 4, matched: 4, noRecord: 0, withoutLine: 0, atEdge: 0 } },
    })
    const validation = validationOf(report, 'A'.repeat(43))
    expect(decodeValidation(encodeValidation(validation))).toEqual(validation)
  })

  test('requests without a record are named, by template and number of the line only', async () => {
    const { report } = await compare(recorded(traffic.toSpliced(1, 2)), traffic)
    expect(report).toMatchObject({ verdict: 'differs', reasons: ['LINES_WITHOUT_RECORD'] })
    expect(report.log!.counts).toMatchObject({ all: 4, matched: 2, noRecord: 2 })
    expect(report.log!.noRecord.map(({ line }) => line)).toEqual([2, 3])
    expect(report.log!.noRecord[0]).toEqual({
      ...{ file: expect.stringMatching(/access\.log$/), line: 2, time: zeroMs + 11_000 },
      ...{ method: 'GET', route: '/orders/:id', status: 200, due: 'seen' },
    })
  })

  test('records without a line are named', async () => {
    const { report } = await compare(recorded(traffic), traffic.toSpliced(1, 1))
    expect(report).toMatchObject({ verdict: 'differs', reasons: ['RECORDS_WITHOUT_LINE'] })
    expect(report.log!.withoutLine).toMatchObject([{ index: 2, route: '/orders/:id' }])
  })

  test('what cannot be told is told as such, and what is not audited does not count', async () => {
    const more: Request[] = [
      orders(12, 7, { status: 401 }),
      orders(13, 7, { status: 502 }),
      { at: 14, path: '/health' },
      { at: 15, path: '/orders/7', method: 'OPTIONS', status: 204 },
    ]
    const { report } = await compare(recorded(traffic), [...traffic, ...more])
    expect(report.verdict).toBe('agrees')
    expect(report.log!.counts).toMatchObject({ all: 8, matched: 4, unknown: 2, notAudited: 2 })
    const asked = await compare(recorded(traffic), [...traffic, ...more], {
      audited: [{ method: null, route: '/health' }],
      ignored: [{ method: 'GET', route: '/orders/:id' }],
    })
    expect(asked.report.log!.noRecord).toMatchObject([{ line: 7, due: 'given' }])
    expect(asked.report.log!.counts).toMatchObject({ matched: 4, ignored: 2 })
  })

  test('what strangers wrote into the log is nowhere in the report', async () => {
    const secret = 's3cr3t'
    const path = logs.write(traffic)
    const line = lineOf(orders(12, 1))
    const hostile = [
      line.replace('192.0.2.7', `192.0.2.99`),
      line.replace('- -', `- ${secret}-user`),
      line.replace('/orders/1', `/orders/1?access_token=${secret}`),
      line.replace('/orders/1', `/orders/${secret}`),
      line.replace('/orders/1', `/reset/${secret}`),
      line.replace('"-"', `"https://x/?code=${secret}"`).replace('"x"', `"${secret}"`),
      `${secret} is no line`,
    ]
    appendFileSync(path, `${hostile.join('\n')}\n`)
    const audited = [{ method: null, route: '/reset/:id' }]
    const { report, state } = await reconcile({
      ...{ frames: recorded(traffic), now, service: 'api', accessLogs: [path], audited },
      state: null,
    })
    expect(report.log!.counts).toMatchObject({ noRecord: 6, malformed: 1 })
    expect(report.log!.malformed).toMatchObject([{ line: 11 }])
    expect(report.log!.noRecord.map(({ route }) => route)).toContain('/reset/:id')
    for (const text of [JSON.stringify(report), encodeState(state)]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain('192.0.2.')
    }
  })
})

describe('nothing is green on missing data', () => {
  test.each<[string, readonly Request[], ReconcileOptions['frames'], string[]]>([
    ['an empty log', [], recorded(traffic), ['LOG_EMPTY']],
    ['a log of before', [orders(-90_000, 1)], recorded(traffic), ['LOG_OF_ANOTHER_PERIOD']],
    ['no audited route', [{ at: 5, path: '/health' }], recorded(traffic), ['NOTHING_DUE']],
    ['a service without records', traffic, recorded([]), ['NO_RECORDS', 'NOTHING_DUE']],
    ['no service', traffic, framesWith([]), ['NO_STREAMS', 'NO_RECORDS', 'NOTHING_DUE']],
  ])('%s', async (_what, lines, frames, reasons) => {
    expect((await compare(frames, lines)).report).toMatchObject({ verdict: 'incomplete', reasons })
  })

  test('lines of another format', async () => {
    const path = logs.write([])
    writeFileSync(path, '{"request":"GET / HTTP/1.1"}\n'.repeat(3))
    const { report } = await reconcile({
      ...{ frames: recorded(traffic), now, service: 'api', accessLogs: [path] },
    })
    expect(report).toMatchObject({ verdict: 'incomplete', reasons: ['LINES_MALFORMED'] })
  })

  test('another clock', async () => {
    const late = traffic.map((request) => ({ ...request, at: request.at + 3_600 }))
    const { reasons, verdict } = (await compare(recorded(traffic), late)).report
    expect({ reasons, verdict }).toEqual({
      reasons: ['NOTHING_MATCHES', 'LINES_WITHOUT_RECORD'],
      verdict: 'differs',
    })
  })
})

describe('the counters of streams', () => {
  const counted = (n: number, more = {}): ReturnType<typeof statement> =>
    statement(
      60,
      'heartbeat',
      `audit.stream.heartbeat=1 audit.stream.start=1 oauth.resource_access=${n}`,
      { http: n, ...more },
    )

  test('records that never came are named by action', async () => {
    const tellings = [start, ...traffic.map(accessOf), counted(4, { dropped: 1 })]
    const { report } = await compare(framesWith([tellings], [2, 3]), null)
    expect(report).toMatchObject({ verdict: 'differs', reasons: ['STREAMS_DIFFER'] })
    expect(report.streams).toMatchObject({ emitted: 6, sealed: 4, dropped: 1, differing: 1 })
    expect(report.streams.told[0]!.differing).toEqual([
      { action: 'oauth.resource_access', emitted: 4, sealed: 2 },
    ])
  })

  test('they may be on their way while the stream has just spoken', async () => {
    const tellings = [start, ...traffic.map(accessOf), counted(4)]
    const { report } = await compare(framesWith([tellings], [2]), null, { now: zeroMs + 61_000 })
    expect(report).toMatchObject({ verdict: 'agrees', streams: { differing: 0, pending: 1 } })
  })

  test('what came after the statement is not compared with it', async () => {
    const [first, ...others] = traffic.map(accessOf)
    const { report } = await compare(framesWith([[start, first!, counted(1), ...others]]), null)
    expect(report).toMatchObject({ verdict: 'agrees', streams: { emitted: 3, sealed: 3 } })
  })

  test('more records of requests than requests', async () => {
    const tellings = [start, ...traffic.map(accessOf), counted(4, { http: 3 })]
    const { report } = await compare(framesWith([tellings]), null)
    expect(report).toMatchObject({ verdict: 'differs', reasons: ['REQUESTS_UNCOUNTED'] })
  })
})

describe('run after run', () => {
  const day = Array.from({ length: 60 }, (_, i) => orders(i * 30, i))

  test('each covers what came since; late records are found by the next', async () => {
    const isLate = (i: number): boolean => i === 12 || i === 13
    const told = day.map(accessOf)
    // Frames as they were committed: two records of minute 6 came after minute 10.
    const committed = [
      [start, ...told.slice(0, 10)],
      told.slice(10, 20).filter((_, i) => !isLate(10 + i)),
      told.filter((_, i) => isLate(i)),
      told.slice(20, 32),
      told.slice(32),
    ]
    const path = logs.write([], 'runs.log')
    let text: string | null = null
    const seen: unknown[] = []
    for (const [minutes, frameCount] of [[5, 1] as const, [10, 2], [16, 4], [31, 5]]) {
      const untilMs = minutes * 60_000
      const there = day.filter(({ at }) => at * 1_000 < untilMs)
      writeFileSync(path, there.map((one) => `${lineOf(one)}\n`).join(''))
      const frames = framesWith(committed.slice(0, frameCount))
      const { report, state }: Reconciled = await reconcile({
        ...{ frames, service: 'api', accessLogs: [path], now: zeroMs + untilMs, tailMs: 60_000 },
        state: text === null ? null : decodeState(text, 'api'),
      })
      text = encodeState(state)
      const { all, noRecord, resolved, stillOpen, withoutLine } = report.log!.counts
      seen.push({ all, noRecord, resolved, stillOpen, withoutLine, until: report.until - zeroMs })
    }
    expect(seen).toEqual([
      { all: 8, noRecord: 0, resolved: 0, stillOpen: 0, withoutLine: 0, until: 240_000 },
      { all: 10, noRecord: 2, resolved: 0, stillOpen: 0, withoutLine: 0, until: 540_000 },
      { all: 12, noRecord: 0, resolved: 2, stillOpen: 0, withoutLine: 0, until: 900_000 },
      { all: 30, noRecord: 0, resolved: 0, stillOpen: 0, withoutLine: 0, until: 1_800_000 },
    ])
  })

  test('a state of another service or form is refused', () => {
    for (const text of ['', '{}', '{"v":1}']) {
      expect(() => decodeState(text, 'api')).toThrow(
        expect.objectContaining({ code: 'RECONCILE_STATE' }),
      )
    }
  })
})

test('many requests in each second', async () => {
  const count = 20_000
  const many = Array.from({ length: count }, (_, i) => orders(1 + i / 50, i))
  const path = logs.write(many, 'many.log')
  const tellings = [start, ...many.map(accessOf), stop(count, 1_000)]
  const { report } = await reconcile({
    ...{ frames: framesWith([tellings]), now, service: 'api', accessLogs: [path] },
  })
  expect(report.verdict).toBe('agrees')
  expect(readFileSync(path).length).toBe(report.log!.files[0]!.bytes)
})
