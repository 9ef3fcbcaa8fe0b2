// Guarantee: metrics say what is known and nothing else: no person, no text that somebody chose,
// and no zero where a number is not known.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openReading, type Reading } from '@grantlog/query'
import { createTestLedger, type TestLedger } from '../../test/ledger.ts'
import { metricsOf } from './metrics.ts'
import { publishedOf } from './published.ts'
import { openRuns, type Runs, type StartRun } from './runs.ts'

let own: TestLedger
let reading: Reading
const secret = 'hunter2'

const status = { ready: true, sinks: [{ name: secret, reason: secret }] }

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

test('what the console knows, each number once, and not what the receiver tells', async () => {
  const text = await lines()
  expect(text).toEqual(
    expect.arrayContaining([
      ...['grantlog_build_info{version="1.2.3"} 1', 'grantlog_log_published_leaves 4'],
      ...['grantlog_index_records 1', 'grantlog_index_lag_commits 0', 'grantlog_receiver_up 1'],
    ]),
  )
  expect(text.filter((line) => /^grantlog_(span|sink|stream|log_committed)/.test(line))).toEqual([])
  const series = text.map((line) => line.split(' ')[0])
  expect(new Set(series).size).toBe(series.length)
})

test('of a silent receiver that is told, and the rest is there', async () => {
  for (const receiverStatus of [silent, () => Promise.resolve(null)]) {
    const text = await lines({ receiverStatus })
    expect(text).toContain('grantlog_receiver_up 0')
    expect(text).toContain('grantlog_log_published_leaves 4')
  }
})

test('nobody and no word of a record, an error or a stream is in them', async () => {
  const text = (await lines()).join('\n')
  for (const word of ['alice', '203.0.113.7', secret, own.folders.ledger]) {
    expect(text).not.toContain(word)
  }
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

  // What was found in everything, a look at the tree does not refute.
  const finding = { code: 'FRAME_ALTERED', what: 'x', index: 1 }
  for (const [at, what, findings] of [
    [2, 'full', [finding]],
    [3, 'tree', []],
  ] as const) {
    runs.start({ what, service: '' }, 'console')
    audits[at]?.message({ size: 4, findingsCount: findings.length, findings: [...findings] })
    audits[at]?.end(null)
    expect(await told()).toContain('grantlog_verification_success 0')
    expect(await told()).toContain('grantlog_verification_findings 1')
  }
})
