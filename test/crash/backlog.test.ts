// Scenario: a sink has been dead for so long that a million records wait for it; the receiver is
// started again, and then the sink comes back.
// Guarantee: it starts, its memory does not grow with what waits, and the sink gets everything.
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { afterEach, expect } from '@jest/globals'
import { encodeEnrolment, foldersUnder, openLedger } from '@grantlog/ledger'
import type { TestProducer } from '../../packages/ledger/test/producer.ts'
import { faultTest } from './fault.ts'
import { startReceiverProcess } from './receiver-process.ts'
import { newPlace, type Place, plainSpansOf } from './senders.ts'

const many = 1_000_000
const few = 100_000
const batchRecords = 500
const batchesAtOnce = 8
const growthMostMiB = 64

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

/** Commits records with these numbers, as a receiver would. */
async function commit({ data, producers }: Place, from: number, to: number): Promise<void> {
  const [producer] = producers as [TestProducer]
  const ledger = await openLedger(foldersUnder(data))
  if (from === 0) {
    const content = encodeEnrolment(producer.enrolment)
    await ledger.commitContent({ type: 'key', id: producer.kid, content })
  }
  for (let first = from; first < to; first += batchRecords * batchesAtOnce) {
    const batches = Array.from({ length: batchesAtOnce }, (_, at) => first + at * batchRecords)
    await Promise.all(
      batches
        .filter((start) => start < to)
        .map((start) => ledger.commit(producer.batch(plainSpansOf(start, batchRecords)))),
    )
  }
  await ledger.close()
}

/** The most memory that a process ever had, in MiB. */
function peakMiB(pid: number): number {
  const [, kB] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Math.round(Number(kB) / 1024)
}

interface Measured {
  readonly startS: number
  readonly startMiB: number
  readonly caughtUpMiB: number
}

/** Starts with a sink that is dead until it was tried; then it takes everything. */
async function measure(data: string, records: number): Promise<Measured> {
  let isDead = true
  let bytes = 0
  const tried = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    if (isDead) {
      request.socket.destroy()
      tried.resolve()
      return
    }
    request.on('data', (chunk: Buffer) => (bytes += chunk.length))
    request.on('end', () => response.writeHead(200).end())
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const before = performance.now()
  // A sink of a name of its own, without an offset: it has got nothing yet.
  const receiver = await startReceiverProcess(data, ['--forward', `http://127.0.0.1:${port}`])
  const startS = (performance.now() - before) / 1_000
  ends.push(() => receiver.kill())
  await tried.promise
  const startMiB = peakMiB(receiver.pid)
  isDead = false
  for (let forwarded = 0; forwarded < records;) {
    const answer = await fetch(`${receiver.adminEndpoint}/readyz`)
    const { sinks } = (await answer.json()) as { sinks: { forwarded: number }[] }
    forwarded = sinks[0]!.forwarded
  }
  const caughtUpMiB = peakMiB(receiver.pid)
  expect(await receiver.stop()).toBe(0)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(bytes).toBeGreaterThan(records * 100)
  return { startS, startMiB, caughtUpMiB }
}

faultTest(
  {
    where: 'receiver',
    fault: 'is started with a dead sink that lacks 1,000,000 records, which then comes back',
    expected: `all of it is forwarded, in at most ${growthMostMiB} MiB more than with 100,000`,
    isLong: true,
    skip: existsSync('/proc/self/status') ? null : 'needs /proc',
  },
  async () => {
    const place = await newPlace(1)
    ends.push(() => rm(place.data, { recursive: true, force: true }))
    await commit(place, 0, few)
    const small = await measure(place.data, few)
    await commit(place, few, many)
    const large = await measure(place.data, many)
    expect(large.startMiB).toBeLessThan(small.startMiB + growthMostMiB)
    expect(large.caughtUpMiB).toBeLessThan(small.caughtUpMiB + growthMostMiB)
    const told = ({ caughtUpMiB, startMiB, startS }: Measured): string =>
      `${startS.toFixed(1)} s to READY, ${startMiB} MiB, ${caughtUpMiB} MiB once caught up`
    return `${few}: ${told(small)}; ${many}: ${told(large)}`
  },
)
