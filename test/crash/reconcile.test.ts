// Scenario: a service, its access log, a receiver; requests that leave no record, in each way that
// there is, and comparisons that are disturbed while they run.
// Guarantee: exactly the requests without a record are named, nothing is green that was not
// compared, and each result is sealed once.
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from '@jest/globals'
import {
  audit,
  encodeValidation,
  foldersUnder,
  handOver,
  openReader,
  type Validation,
} from '@grantlog/ledger'
import { decodeState, encodeState, type ReconcileState, validationOf } from '@grantlog/query'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import { type App, compare, enrolApi, newPlace, startApp } from './reconciled.ts'

const place = newPlace()
const other = newPlace()
let receiver: ReceiverProcess
let app: App
let credentials: string

beforeAll(async () => {
  receiver = await startReceiverProcess(place.data)
  credentials = await enrolApi(place, receiver.endpoint)
  app = await startApp(place, credentials)
})
afterAll(async () => {
  await app.kill()
  await receiver.kill()
  place.remove()
  other.remove()
})

const paths = (what: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `/${what}/${1000 + i}`)

/** Lines of the access log that are about a path, from 1. */
function linesOf(log: string, path: string): number[] {
  const lines = readFileSync(log, 'utf8').split('\n')
  return lines.flatMap((line, i) => (line.includes(` ${path}`) ? [i + 1] : []))
}

faultTest(
  {
    where: 'SDK',
    fault: 'its hooks are off while 7 of 47 requests are served',
    expected: 'exactly these lines of the access log are named',
  },
  async () => {
    await app.get(...paths('orders', 30))
    await app.hooks('off')
    await app.get(...paths('refunds', 7))
    await app.hooks('on')
    await app.get(...paths('orders', 10))
    await app.hooks('off')
    await app.hooks('on')
    const { report } = await compare(place)
    expect(report).toMatchObject({ verdict: 'differs', reasons: ['LINES_WITHOUT_RECORD'] })
    expect(report.log!.noRecord.map(({ line }) => line)).toEqual(linesOf(place.log, '/refunds/'))
    expect(report.log!.counts).toMatchObject({ all: 47, matched: 40, noRecord: 7, withoutLine: 0 })
    return '47 lines, 40 with a record, 7 without: those served without hooks'
  },
)

faultTest(
  {
    where: 'both sides',
    fault: 'the clocks of web server and service are 4 s apart, and an hour',
    expected: '4 s make no difference; after an hour it is said that nothing matches',
  },
  async () => {
    const at = (seconds: number): string => {
      const log = join(place.folder, `skew-${seconds}.log`)
      const shifted = readFileSync(place.log, 'utf8').replaceAll(
        /\[([^:\]]+):([\d:]+) \+0000\]/g,
        (_, day: string, time: string) => {
          const ms = Date.parse(`${day.replaceAll('/', ' ')} ${time} UTC`) + seconds * 1_000
          const [, d, m, y, t] = /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms).toUTCString())!
          return `[${d}/${m}/${y}:${t} +0000]`
        },
      )
      writeFileSync(log, shifted)
      return log
    }
    for (const skew of [-4, 4]) {
      const { report } = await compare({ data: place.data, log: at(skew) })
      expect(report.log!.counts.noRecord).toBeLessThanOrEqual(7)
      expect(report.log!.counts.withoutLine).toBe(0)
    }
    const { report } = await compare({ data: place.data, log: at(3_600) })
    expect(report.verdict).toBe('differs')
    expect(report.reasons).toContain('NOTHING_MATCHES')
    const { noRecord } = report.log!.counts
    return `4 s: no other line named; an hour: nothing matches, ${noRecord} lines named`
  },
)

faultTest(
  {
    where: 'both sides',
    fault: 'the access log is rotated, and cut, between and under comparisons',
    expected: 'each line is compared once; what was cut away is said',
  },
  async () => {
    let state: ReconcileState | null = null
    let [all, noRecord] = [0, 0]
    const first = Math.max(
      ...readFileSync(place.log, 'utf8')
        .split('\n')
        .map((_, i) => i),
    )
    for (let turn = 0; turn < 4; turn++) {
      if (turn > 0) {
        // As logrotate does; the service opens its log for each line.
        renameSync(place.log, `${place.log}.${turn}`)
        await app.get(...paths('orders', 5), ...paths('orders', 5))
        await app.hooks('off')
        await app.hooks('on')
      }
      // A second later all that was written lies before the period's end.
      const now = Date.now() + 2_000
      const run = await compare(place, { state, now, tailMs: 0 })
      state = decodeState(encodeState(run.state), 'api')
      state = { ...state, until: Math.floor(state.until / 1_000) * 1_000 }
      all += run.report.log!.counts.all
      noRecord += run.report.log!.counts.noRecord
      await delay(2_100)
    }
    expect({ all, noRecord }).toEqual({ all: first + 30, noRecord: 7 })
    renameSync(`${place.log}.1`, join(place.folder, 'gone.log'))
    writeFileSync(place.log, '')
    // A minute later every line that is to come has come.
    const { report } = await compare(place, { state: null, now: Date.now() + 60_000, tailMs: 0 })
    expect(report).toMatchObject({ verdict: 'differs' })
    expect(report.reasons).toContain('RECORDS_WITHOUT_LINE')
    const { withoutLine } = report.log!.counts
    return `${all} lines in 4 files, each once; cut: ${withoutLine} records without a line`
  },
)

faultTest(
  {
    where: 'application',
    fault: 'kill -9 with records in memory only, while no receiver runs',
    expected: 'exactly the requests whose records died are named',
  },
  async () => {
    let theirs = await startReceiverProcess(other.data)
    const { port } = new URL(theirs.endpoint)
    const file = await enrolApi(other, theirs.endpoint)
    // No folder can be made there, so that there is no spool.
    const memory = { GRANTLOG_STATE: '/proc/nowhere' }
    const first = await startApp(other, file, memory)
    await first.get(...paths('orders', 5))
    await first.hooks('off')
    await first.hooks('on')
    await theirs.kill()
    await first.get(...paths('refunds', 12))
    await first.kill()
    theirs = await startReceiverProcess(other.data, ['--port', port])
    const second = await startApp(other, file, memory)
    await second.get(...paths('orders', 3))
    await second.end()
    await theirs.stop()
    const { report } = await compare(other)
    expect(report.log!.noRecord.map(({ line }) => line)).toEqual(linesOf(other.log, '/refunds/'))
    expect(report.log!.counts).toMatchObject({ all: 20, matched: 8, noRecord: 12 })
    return '20 lines, 8 with a record, 12 without: those of the process that was killed'
  },
)

faultTest(
  {
    where: 'ledger',
    fault: 'the receiver is killed while validations are handed over, 12 times',
    expected: 'each is sealed once, and the log verifies',
  },
  async () => {
    const folders = foldersUnder(other.data)
    const { report } = await compare(other)
    const handed: string[] = []
    for (let turn = 0; turn < 12; turn++) {
      const running = await startReceiverProcess(other.data)
      const id = randomUUID()
      const content = encodeValidation({ ...valid(report), madeAt: turn })
      await handOver(folders, { type: 'validation', id, frame: 0, content })
      handed.push(id)
      // Looks are a second apart: before, in, and after one of them.
      await delay((turn * 173) % 1_300)
      await running.kill()
    }
    const last = await startReceiverProcess(other.data)
    expect(await last.stop()).toBe(0)
    const sealed = await sealedIds(other.data)
    expect(sealed.toSorted()).toEqual(handed.toSorted())
    const { findings, validations } = await audit({ folders, logKey: last.logKey })
    expect({ findings, newest: validations.length }).toEqual({ findings: [], newest: 1 })
    return `${handed.length} handed over, ${sealed.length} leaves, each another`
  },
)

function valid(report: Parameters<typeof validationOf>[0]): Validation {
  return validationOf(report, 'A'.repeat(43))
}

async function sealedIds(data: string): Promise<string[]> {
  const reader = await openReader(foldersUnder(data))
  const ids: string[] = []
  for await (const { entries } of reader.frames(0)) {
    for (const { leaf } of entries) if (leaf.type === 'validation') ids.push(leaf.id)
  }
  await reader.close()
  return ids
}

faultTest(
  {
    where: 'receiver',
    fault: 'requests that leave no record, while comparisons are scheduled',
    expected: 'told in its log and at /readyz, and sealed',
  },
  async () => {
    const file = join(other.folder, 'credentials.json')
    const every = ['--reconcile-every', '1s', '--reconcile-tail', '1s']
    appendFileSync(other.log, readFileSync(other.log, 'utf8').split('\n')[0]!.concat('\n'))
    const watching = await startReceiverProcess(other.data, [
      ...['--reconcile', `api=${other.log}`, ...every],
    ])
    const { code, noRecord, service } = await watching.event('RECONCILE_DIFFERENCES')
    expect({ code, service }).toEqual({ code: 'RECONCILE_DIFFERENCES', service: 'api' })
    const status = (await (await fetch(`${watching.adminEndpoint}/readyz`)).json()) as {
      validations: readonly { service: string; verdict: string }[]
    }
    expect(status.validations).toMatchObject([{ service: 'api' }])
    expect(await watching.stop()).toBe(0)
    expect(file).toBeTruthy()
    return `RECONCILE_DIFFERENCES: ${String(noRecord)} lines without a record`
  },
)
