// Guarantee: metrics say what is known and nothing else: no person, no text that somebody chose,
// and no zero where a number is not known.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openReading, type Reading } from '@grantlog/query'
import { createTestLedger, type TestLedger } from '../../test/ledger.ts'
import { MAX_LABEL_CHARS, MAX_METRIC_SERIES } from './limits.ts'
import { metricsOf } from './metrics.ts'
import { publishedOf } from './published.ts'
import { openRuns, type Runs, type StartRun } from './runs.ts'

let own: TestLedger
let reading: Reading
const secret = 'hunter2'

const sink = {
  ...{ name: 'jaeger', type: 'otlp', forwarded: 7, refused: 1, retries: 2, reason: secret },
  ...{ lag: { commits: 3, passThrough: 4 }, stopped: false },
}
const status = {
  ...{ ready: true, received: 12, committed: 8, duplicates: 1, passedThrough: 5, size: 20 },
  refused: { BATCH_SIGNATURE_INVALID: 3, KEY_UNKNOWN: 0 },
  ...{ inFlightBytes: 100, queueBytes: 200, quarantine: { spans: { KEY_UNKNOWN: 2 } } },
  ...{ sinks: [sink], disk: { freeBytes: 9_000, usedPercent: 10, level: 'ok' } },
  clock: { jumps: 1 },
  streams: {
    ...{ open: 1, silent: 2, closed: 3, unclosed: 4, worst: [{ instance: secret }] },
    missingWhy: { dropped: 5, refused: 6, onTheWay: 7, unknown: 8 },
  },
}

beforeAll(async () => {
  own = await createTestLedger()
  const producer = await own.enrol()
  await producer.commit([
    { 'user.id': 'alice', 'client.address': '203.0.113.7', 'oauth.client.id': secret },
  ])
  await own.published()
  reading = await openReading({ folders: own.folders, indexFolder: null })
  // Published is what the ledger says first, and then what lies there.
  do await reading.refresh()
  while (publishedOf(reading.reader) < own.ledger.size)
})

afterAll(async () => {
  await reading.close()
  await own.close()
})

const silent = (): Promise<never> => Promise.reject(new Error('ECONNREFUSED'))

interface Parts {
  readonly receiverStatus?: () => Promise<unknown>
  readonly runs?: Runs
}

async function lines({ receiverStatus = () => Promise.resolve(status), runs }: Parts = {}): Promise<
  string[]
> {
  const source = { reading, receiverStatus, version: '1.2.3' }
  const { text } = await metricsOf({ ...source, runs: runs ?? (await someRuns()).runs })
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** Verifications of which each is ended by hand. */
async function someRuns() {
  const audits: Parameters<StartRun>[1][] = []
  const startRun: StartRun = (_, on) => {
    audits.push(on)
    return () => on.end(null)
  }
  const note = { read: () => Promise.resolve(null), write: () => Promise.resolve() }
  const times = [10_000, 12_500, 20_000, 30_000].values()
  const now = (): number => times.next().value ?? 0
  return { audits, runs: await openRuns(startRun, { note, now }) }
}

test('what the receiver says and what the console knows, each number once', async () => {
  const text = await lines()
  expect(text).toEqual(
    expect.arrayContaining([
      ...['grantlog_build_info{version="1.2.3"} 1', 'grantlog_log_published_leaves 4'],
      ...['grantlog_index_records 1', 'grantlog_index_lag_commits 0', 'grantlog_receiver_up 1'],
      ...['grantlog_spans_received_total 12', 'grantlog_spans_passed_through_total 5'],
      'grantlog_span_verdicts_total{verdict="committed"} 8',
      'grantlog_span_verdicts_total{verdict="duplicate"} 1',
      'grantlog_span_verdicts_total{verdict="refused"} 3',
      // Codes that did not occur are 0, or their first occurrence would be no increase.
      'grantlog_spans_refused_total{code="BATCH_SIGNATURE_INVALID"} 3',
      'grantlog_spans_refused_total{code="KEY_UNKNOWN"} 0',
      ...['grantlog_sink_up{sink="jaeger"} 0', 'grantlog_sink_lag_commits{sink="jaeger"} 3'],
      'grantlog_sink_forwarded_spans_total{sink="jaeger"} 7',
      'grantlog_sink_refused_spans_total{sink="jaeger"} 1',
      'grantlog_sink_lag_pass_through_frames{sink="jaeger"} 4',
      ...['grantlog_in_flight_bytes 100', 'grantlog_queue_bytes 200'],
      ...['grantlog_quarantined_spans 2', 'grantlog_disk_free_bytes 9000'],
      'grantlog_streams{state="unclosed"} 4',
      'grantlog_streams_missing_records{why="unknown"} 8',
    ]),
  )
  const series = text.map((line) => line.split(' ')[0])
  expect(new Set(series).size).toBe(series.length)
})

test('of a silent receiver nothing is told but that, and no counter falls to 0', async () => {
  for (const receiverStatus of [silent, () => Promise.resolve(null)]) {
    const text = await lines({ receiverStatus })
    expect(text).toContain('grantlog_receiver_up 0')
    expect(text).toContain('grantlog_log_published_leaves 4')
    expect(text.filter((line) => /^grantlog_(span|sink|stream|log_committed)/.test(line))).toEqual(
      [],
    )
  }
  const { streams: _, ...older } = status
  const text = await lines({ receiverStatus: () => Promise.resolve(older) })
  expect(text).toContain('grantlog_spans_received_total 12')
  expect(text.filter((line) => line.startsWith('grantlog_stream'))).toEqual([])
})

test('nobody and no word of a record, an error or a stream is in them', async () => {
  const text = (await lines()).join('\n')
  for (const word of ['alice', '203.0.113.7', secret, own.folders.ledger]) {
    expect(text).not.toContain(word)
  }
})

test('a receiver that names too much, and names it badly, makes few series', async () => {
  const name = `x"} 1\n${'x'.repeat(1_000)}`
  const sinks = Array.from({ length: 1_000 }, (_, n) => ({ ...sink, name: `${n}${name}` }))
  const refused = Object.fromEntries(sinks.map((one, n) => [one.name, n]))
  const receiverStatus = () => Promise.resolve({ ...status, sinks, refused })
  const text = await lines({ receiverStatus })
  const ups = text.filter((line) => line.startsWith('grantlog_sink_up{'))
  expect(ups).toHaveLength(MAX_METRIC_SERIES)
  expect(Math.max(...text.map((line) => line.length))).toBeLessThan(2 * MAX_LABEL_CHARS + 64)
  expect(text.every((line) => /^grantlog_\w+(\{\w+="([^"\\]|\\.)*"\})? [\d.]+$/.test(line))).toBe(
    true,
  )
})

test('the last result stays while the next verification is under way', async () => {
  const { audits, runs } = await someRuns()
  const told = async (): Promise<string[]> =>
    (await lines({ runs })).filter((line) => line.startsWith('grantlog_verification'))
  expect(await told()).toEqual(['grantlog_verification_running 0'])
  runs.start({ what: 'tree', service: '' }, 'console')
  audits[0]?.message({ size: 4, findingsCount: 0, findings: [] })
  audits[0]?.end(null)
  const passed = [
    ...['grantlog_verification_success 1', 'grantlog_verification_findings 0'],
    ...['grantlog_verification_leaves 4', 'grantlog_verification_end_timestamp_seconds 12.5'],
    'grantlog_verification_duration_seconds 2.5',
  ]
  expect(await told()).toEqual(['grantlog_verification_running 0', ...passed])
  runs.start({ what: 'full', service: '' }, 'console')
  expect(await told()).toEqual(['grantlog_verification_running 1', ...passed])
  audits[1]?.end(new Error('it broke off'))
  expect(await told()).toContain('grantlog_verification_success 0')
})
