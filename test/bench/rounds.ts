// Interleaved rounds: each program gets the same spans, one after the other, and again.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Launch } from '../crash/receiver-process.ts'
import { writeBodies } from './bodies.ts'
import { cpuUs } from './processes.ts'
import type { Bodies, RecordMaker } from './records.ts'
import { startSender } from './sender.ts'
import type { SpanSink } from './sink.ts'
import type { Subject, SubjectName } from './subjects.ts'

export interface Work {
  readonly connections: number
  readonly batchesPerConnection: number
  readonly spansPerBatch: number
}

export interface Run {
  readonly spans: number
  readonly requests: number
  /** Microseconds of CPU of each round, without the first, in which everything warms up. */
  readonly cpuUs: Readonly<Partial<Record<SubjectName, readonly number[]>>>
  /** Requests that were asked to come again. */
  readonly busy: Readonly<Partial<Record<SubjectName, number>>>
}

export interface Bench {
  readonly folder: string
  readonly sink: SpanSink
  readonly maker: RecordMaker
  readonly tell: (line: string) => void
  /** How our receiver is started; default: as it is. */
  readonly launch?: Launch
}

export interface RoundOptions {
  readonly name: string
  readonly subjects: readonly Subject[]
  readonly work: Work
  readonly rounds: number
  /** Everybody gets the spans that are no records. */
  readonly isPlain?: boolean
}

/** Batches of 512 over several connections, as Collectors send them. */
export function largeBatches(isFull: boolean): Pick<RoundOptions, 'rounds' | 'work'> {
  const work = { connections: 8, batchesPerConnection: isFull ? 16 : 2, spansPerBatch: 512 }
  return { rounds: isFull ? 5 : 3, work }
}

/**
 * Runs `rounds` and one to warm up; a round's costs are those until the next one begins, so that
 * what is done later is in them. Records are never sent twice.
 */
export async function runRounds(bench: Bench, options: RoundOptions): Promise<Run> {
  const { isPlain = false, name, rounds, subjects, work } = options
  const marks = new Map<SubjectName, number[]>(subjects.map((subject) => [subject.name, []]))
  const busy = new Map<SubjectName, number>()
  const mark = ({ name: who, pid }: Subject): void => void marks.get(who)!.push(cpuUs(pid))
  // Nobody knows spans that are no records again.
  const same = isPlain ? makeBodies(bench.maker, work) : null
  for (let round = 0; round <= rounds; round++) {
    const bodies = same ?? makeBodies(bench.maker, work)
    for (const subject of turned(subjects, round)) {
      const isSigned = subject.isSigned && !isPlain
      const files = bodies.map((one, at) => {
        const path = join(bench.folder, `${at}.bodies`)
        writeBodies(path, isSigned ? one.signed : one.plain())
        return path
      })
      const sender = await startSender(subject.endpoint, files)
      await subject.settled()
      const expected = bench.sink.spans(subject.path) + spansOf(work)
      mark(subject)
      const sent = await sender.send()
      await bench.sink.until(subject.path, expected)
      busy.set(subject.name, (busy.get(subject.name) ?? 0) + sent.busy)
      for (const file of files) rmSync(file)
    }
    bench.tell(`${name}: round ${round} of ${rounds}`)
  }
  await Promise.all(subjects.map((subject) => subject.settled()))
  for (const subject of subjects) mark(subject)
  return {
    spans: spansOf(work),
    requests: work.connections * work.batchesPerConnection,
    cpuUs: Object.fromEntries([...marks].map(([who, list]) => [who, steps(list).slice(1)])),
    busy: Object.fromEntries(busy),
  }
}

/** Who comes first changes: the others' writes may still be on their way to the disk. */
function turned<T>(list: readonly T[], round: number): T[] {
  const first = round % list.length
  return [...list.slice(first), ...list.slice(0, first)]
}

function steps(marks: readonly number[]): number[] {
  return marks.slice(1).map((mark, at) => mark - marks[at]!)
}

export function makeBodies(maker: RecordMaker, work: Work): Bodies[] {
  const { batchesPerConnection, connections, spansPerBatch } = work
  return Array.from({ length: connections }, () =>
    maker.stream(batchesPerConnection, spansPerBatch),
  )
}

function spansOf({ batchesPerConnection, connections, spansPerBatch }: Work): number {
  return batchesPerConnection * connections * spansPerBatch
}
