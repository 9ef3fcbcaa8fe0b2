// Scenario: a receiver whose sink has been dead for as long as it lives is started anew, with a
// million records that the sink has not got.
// Guarantee: it neither reads nor keeps them all: its memory is that of one with a tenth of them.
import { readFile } from 'node:fs/promises'
import { encodeEnrolment, foldersUnder, openLedger } from '@grantlog/ledger'
import { newDataFolder } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { startReceiverProcess } from './receiver-process.ts'
import { plainSpansOf, type Place } from './senders.ts'

/** Fewer on a machine that is slow to make them. */
const records = Number(process.env['GRANTLOG_RESTART_RECORDS'] ?? 1_000_000)
const perBatch = 512
const ratioMax = 1.5

async function fill({ data, producers }: Place, count: number): Promise<void> {
  const ledger = await openLedger(foldersUnder(data))
  const producer = producers[0]!
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  for (let first = 0; first < count; first += perBatch) {
    const length = Math.min(perBatch, count - first)
    await ledger.commit(producer.batch(plainSpansOf(first, length)))
  }
  await ledger.close()
}

interface Restart {
  readonly leaves: number
  readonly cpuMs: number
  readonly peakMiB: number
}

async function restart(count: number): Promise<Restart> {
  await using place = await newDataFolder()
  await fill(place, count)
  const receiver = await startReceiverProcess(place.data, ['--forward', 'http://127.0.0.1:1'])
  try {
    const cpuMs = await cpuMsOf(receiver.pid)
    // It has read what it would send, and has tried to.
    await receiver.event('SINK_DOWN')
    const answer = await fetch(`${receiver.adminEndpoint}/readyz`)
    const { size } = (await answer.json()) as { size: number }
    if (size < count) throw new Error(`${size} leaves of ${count}`)
    const status = await readFile(`/proc/${receiver.pid}/status`, 'utf8')
    const peakKiB = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1])
    return { leaves: size, cpuMs, peakMiB: Math.round(peakKiB / 1024) }
  } finally {
    await receiver.kill()
  }
}

/** User and system time, in ticks of 10 ms: fields 14 and 15 of proc_pid_stat(5). */
async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

faultTest(
  {
    where: 'receiver',
    fault: 'it is started with a million records that a dead sink has not got',
    expected: `at most ${ratioMax} times the memory of one with a tenth of them`,
    skip: process.platform === 'linux' ? null : '/proc tells the memory, on Linux only',
    isLong: true,
  },
  async () => {
    const few = await restart(records / 10)
    const many = await restart(records)
    if (many.peakMiB > few.peakMiB * ratioMax) {
      throw new Error(`${few.peakMiB} MiB with a tenth, ${many.peakMiB} with all`)
    }
    const said = [few, many].map(
      ({ cpuMs, leaves, peakMiB }) => `${leaves} leaves: ${cpuMs} ms CPU, at most ${peakMiB} MiB`,
    )
    return said.join('; ')
  },
)
