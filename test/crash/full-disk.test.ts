// Scenario: the disk of a receiver under load gets low, very low and full, and has room again; a
// real file system of a few MiB, a real process.
// Guarantee: it says so in time; what has a receipt is in the log and nothing else is; it goes on
// by itself, and so do its sinks.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect } from '@jest/globals'
import { audit, encodeEnrolment, foldersUnder, openLedger } from '@grantlog/ledger'
import type { TestProducer } from '../../packages/ledger/test/producer.ts'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import { bodyOf, newPlace, type Place, post, type Posted, recordsIn, spansOf } from './senders.ts'
import { type CountingSink, startCountingSink } from './counting-sink.ts'
import { type DiskKind, mountDisk, type SmallDisk, whyNot } from './small-disk.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
/** Room enough for a commit and a seal. */
const roomBlocks = 256
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

interface World {
  readonly disk: SmallDisk
  readonly place: Place
  readonly sink: CountingSink
  readonly receiver: ReceiverProcess
  /** Sends the next ten records once; those without a receipt are not sent again. */
  send(): Promise<Posted>
  /** Sequence numbers with a receipt. */
  readonly receipted: Set<number>
}

async function open(kind: DiskKind): Promise<World> {
  const disk = mountDisk(kind, 48)
  ends.push(() => disk.close())
  const place = await newPlace(1, disk.folder)
  const sink = await startCountingSink()
  ends.push(() => sink.close())
  const receiver = await startReceiverProcess(place.data, ['--forward', sink.url])
  ends.push(() => receiver.kill())
  const receipted = new Set<number>()
  let next = 0
  return {
    ...{ disk, place, sink, receiver, receipted },
    async send() {
      const spans = spansOf(next, 10)
      next += 10
      const body = bodyOf(place.producers[0]!, spans)
      const posted = await post(receiver.endpoint, body, place.receipts)
      if (posted.status === 0) throw new Error(`no answer:\n${receiver.log().slice(-2_000)}`)
      for (const { firstSeq, lastSeq } of posted.receipts) {
        for (let seq = firstSeq; seq <= lastSeq; seq++) receipted.add(seq)
      }
      return posted
    },
  }
}

async function diskCheck({ place, receiver }: World): Promise<unknown> {
  const { port } = new URL(receiver.adminEndpoint)
  const args = [main, 'doctor', '--data', place.data, '--admin-port', port, '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { checks } = JSON.parse(stdout) as { checks: { code: string }[] }
  return checks.find(({ code }) => code === 'DISK')
}

interface Readiness {
  readonly disk: { readonly level: string }
  readonly notReady: readonly { readonly code: string }[]
}

async function readiness({ receiver }: World): Promise<Readiness> {
  const answer = await fetch(`${receiver.adminEndpoint}/readyz`)
  const told = (await answer.json()) as Readiness
  expect(answer.status).toBe(told.notReady.length === 0 ? 200 : 503)
  return told
}

const level = async (world: World): Promise<string> => (await readiness(world)).disk.level

for (const kind of ['tmpfs', 'ext4'] as const) {
  const skip = whyNot(kind)

  faultTest(
    {
      where: 'receiver',
      fault: `its disk (${kind}) is 90 and 95 % full`,
      expected: 'told in the log, by /readyz and by doctor; records are taken',
      skip,
    },
    async () => {
      const world = await open(kind)
      const { disk, receiver, send } = world
      expect((await send()).status).toBe(200)
      disk.fillTo(91)
      const low = await receiver.event('DISK_LOW')
      expect(low).toMatchObject({ level: 'warn' })
      expect(await level(world)).toBe('low')
      expect(await diskCheck(world)).toMatchObject({ status: 'weak' })
      disk.fillTo(96)
      const veryLow = await receiver.event('DISK_LOW', ({ level }) => level === 'error')
      expect(await level(world)).toBe('very low')
      expect((await send()).status).toBe(200)
      disk.free()
      await receiver.event('DISK_OK')
      expect(await level(world)).toBe('ok')
      expect(await receiver.stop()).toBe(0)
      return `told at ${String(low['usedPercent'])} and ${String(veryLow['usedPercent'])} %`
    },
  )

  faultTest(
    {
      where: 'receiver',
      fault: `its disk (${kind}) is full under load, and has room again`,
      expected: '503, also of /readyz; no receipt lost, nothing else sealed, goes on by itself',
      skip,
    },
    async () => {
      const world = await open(kind)
      const { disk, place, receipted, receiver, send, sink } = world
      for (let i = 0; i < 10; i++) expect((await send()).status).toBe(200)
      let refused = 0
      for (let round = 0; round < 2; round++) {
        // What is freed meanwhile, by the receiver itself, is filled again.
        for (let full = 0; full < 5;) {
          disk.fillTo(100)
          const { retryAfter, status } = await send()
          expect([200, 503]).toContain(status)
          if (status !== 503) continue
          expect(retryAfter).toMatch(/^\d+$/)
          full++
        }
        refused += 5
        expect((await readiness(world)).notReady).toMatchObject([{ code: 'DISK_FULL' }])
        disk.free()
        // At once, without a restart.
        expect((await send()).status).toBe(200)
        for (let i = 0; i < 10; i++) expect((await send()).status).toBe(200)
      }
      await sink.until(() => sink.taken.size === receipted.size)
      expect(await receiver.stop()).toBe(0)
      const records = await recordsIn(place.data)
      expect(new Set(records.map(({ seq }) => seq))).toEqual(receipted)
      const report = await audit({ folders: foldersUnder(place.data), logKey: place.logKey })
      expect(report.findings).toEqual([])
      expect(report.verified).toBe(records.length)
      return `${receipted.size} receipted, ${records.length} sealed and forwarded, ${refused} × 503`
    },
  )

  faultTest(
    {
      where: 'ledger',
      fault: `so many blocks are left (${kind}) when it commits and seals: 0, 1, 2, … 16`,
      expected: 'done, or LEDGER_FULL; never poisoned, and sealed once there is room',
      skip,
    },
    async () => {
      const disk = mountDisk(kind, 48)
      ends.push(() => disk.close())
      const { data, logKey, producers } = await newPlace(1, disk.folder)
      const ledger = await openLedger(foldersUnder(data))
      const [producer] = producers as [TestProducer]
      const content = encodeEnrolment(producer.enrolment)
      await ledger.commitContent({ type: 'key', id: producer.kid, content })
      let committed = 0
      const outcomes = { full: 0, done: 0 }
      const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
        try {
          await work()
          outcomes.done++
          return true
        } catch (error) {
          expect(error).toMatchObject({ code: 'LEDGER_FULL' })
          outcomes.full++
          return false
        }
      }
      const commit = (): Promise<unknown> => ledger.commit(producer.batch(spansOf(committed, 10)))
      for (let left = 0; left <= 16; left++) {
        for (const isFullBefore of [true, false]) {
          if (isFullBefore) disk.leave(left)
          if (await attempt(commit)) committed += 10
          if (!isFullBefore) disk.leave(left)
          await attempt(() => ledger.settle())
          disk.leave(roomBlocks)
        }
      }
      await ledger.settle()
      expect(ledger.published).toBe(ledger.size)
      await ledger.close()
      const report = await audit({ folders: foldersUnder(data), logKey })
      expect(report).toMatchObject({ records: committed, verified: committed, findings: [] })
      expect(Math.min(outcomes.full, outcomes.done)).toBeGreaterThan(0)
      return `${outcomes.done} done, ${outcomes.full} × LEDGER_FULL, ${committed} records verified`
    },
  )
}
