// What it costs to seal what was handed over, when the log has many commits since that was made:
// before a restart, which has the log asked, and after it, which has not.
//
//   node --conditions=@grantlog/source packages/ledger/bench/handover.ts [commits, default 200]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldersUnder } from '../src/folders.ts'
import { encodeEnrolment } from '../src/format/enrolment.ts'
import { encodeFinding } from '../src/format/finding.ts'
import { handOver, sealHandedOver } from '../src/io/handover.ts'
import { SealedBefore } from '../src/io/sealed-before.ts'
import { handedOverAtOnceMax } from '../src/limits.ts'
import { createLedger, openLedger } from '../src/open.ts'
import { person, spanOf, testProducer } from '../test/producer.ts'

const commits = Number(process.argv[2] ?? 200)
const perCommit = 512

const data = await mkdtemp(join(tmpdir(), 'grantlog-handover-'))
const folders = foldersUnder(data)
await createLedger(folders, 'handover.example/log')
let ledger = await openLedger(folders)
const early = new SealedBefore(ledger)
const producer = testProducer()
const enrolment = encodeEnrolment(producer.enrolment)
await ledger.commitContent({ type: 'key', id: producer.kid, content: enrolment })
for (let first = 0; first < commits * perCommit; first += perCommit) {
  const spans = Array.from({ length: perCommit }, (_, i) =>
    spanOf({ seq: first + i, attributes: person(`user ${(first + i) % 97}`) }),
  )
  await ledger.commit(producer.batch(spans))
}

const idOf = (n: number): string => `01982f3e-7a4c-4cc1-9d4e-${String(n).padStart(12, '0')}`
const rule = {
  attack: [],
  hash: 'A'.repeat(43),
  id: idOf(0),
  level: 'high',
  title: 'A rule',
} as const
let made = 0
async function hand(): Promise<void> {
  for (let n = 0; n < handedOverAtOnceMax; n++) {
    const id = idOf(++made)
    const about = { kind: 'found', id, at: 5, count: 1, group: [], madeAt: 6, records: [] } as const
    const content = encodeFinding({ ...about, rule, words: 'Something happened.' })
    await handOver(folders, { type: 'finding', id, frame: 0, content })
  }
}

/** Milliseconds of CPU to seal as many as are sealed at once. */
async function seal(before: SealedBefore): Promise<number> {
  await hand()
  const start = process.cpuUsage()
  await sealHandedOver(ledger, folders, 'finding', before)
  const { system, user } = process.cpuUsage(start)
  return (system + user) / 1_000
}

const show = (what: string, ms: number): void =>
  console.log(`${what.padEnd(40)} ${ms.toFixed(0)} ms`)
console.log(
  `${handedOverAtOnceMax} findings of the first of ${commits} commits of ${perCommit}, CPU:`,
)
show('by who sealed since', await seal(early))
await ledger.close()
ledger = await openLedger(folders)
const late = new SealedBefore(ledger)
show('after a restart: the log is asked once', await seal(late))
await ledger.close()
await rm(data, { recursive: true })
