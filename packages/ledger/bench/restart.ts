// How long a ledger takes to open: with a snapshot of its streams, and reading every leaf.
//
//   node --conditions=@grantlog/source packages/ledger/bench/restart.ts [records, default 100000]
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldersUnder, snapshotPath } from '../src/folders.ts'
import { encodeEnrolment } from '../src/format/enrolment.ts'
import { createLedger, openLedger } from '../src/open.ts'
import { person, spanOf, testProducer } from '../test/producer.ts'

const records = Number(process.argv[2] ?? 100_000)
const perBatch = 512
const rounds = 3

const data = await mkdtemp(join(tmpdir(), 'grantlog-restart-'))
const folders = foldersUnder(data)
await createLedger(folders, 'restart.example/log')

const ledger = await openLedger(folders)
const producer = testProducer()
const content = encodeEnrolment(producer.enrolment)
await ledger.commitContent({ type: 'key', id: producer.kid, content })
for (let first = 0; first < records; first += perBatch) {
  const length = Math.min(perBatch, records - first)
  const spans = Array.from({ length }, (_, i) =>
    spanOf({ seq: first + i, attributes: person(`user ${(first + i) % 97}`) }),
  )
  await ledger.commit(producer.batch(spans))
}
await ledger.close()

/** Milliseconds of CPU and of the clock to open it, and leaves read. */
async function open(): Promise<{ cpuMs: number; ms: number; read: number }> {
  const [cpu, start] = [process.cpuUsage(), performance.now()]
  const opened = await openLedger(folders)
  const ms = performance.now() - start
  const { system, user } = process.cpuUsage(cpu)
  const read = opened.readAtStart
  await opened.close()
  return { cpuMs: (system + user) / 1000, ms, read }
}

const show = (what: string, { cpuMs, ms, read }: Awaited<ReturnType<typeof open>>): void =>
  console.log(
    `${what.padEnd(16)} ${read} leaves read, ${cpuMs.toFixed(0)} ms CPU, ${ms.toFixed(0)} ms`,
  )

console.log(`${records} records, snapshot ${(await stat(snapshotPath(folders))).size} bytes`)
for (let round = 0; round < rounds; round++) {
  show('with snapshot', await open())
  await rm(snapshotPath(folders))
  show('without', await open())
}
await rm(data, { recursive: true })
