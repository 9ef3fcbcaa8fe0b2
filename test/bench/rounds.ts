// Interleaved rounds: each program gets the same spans, one after the other, and again.
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
  /** In the first round, in which everything warms up; of each program. */
  readonly warmUpSpans: Readonly<Partial<Record<SubjectName, number>>>
  /** Microseconds of CPU of each round, without the first. */
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
  /**
   * How many rounds ours get as their first: V8 compiles while they run, for some ten thousand
   * spans, and a server runs for days. Peers are compiled ahead, and get one. Default: one, too.
   */
  readonly warmUpRounds?: number
  /** Everybody gets the spans that are no records. */
  readonly isPlain?: boolean
}

/** Batches of 512 over several connections, as Collectors send them. */
export function largeBatches(
  isFull: boolean,
): Pick<RoundOptions, 'rounds' | 'warmUpRounds' | 'work'> {
  const work = { connections: 8, batchesPerConnection: isFull ? 16 : 2, spansPerBatch: 512 }
  return { rounds: isFull ? 5 : 3, warmUpRounds: isFull ? 2 : 5, work }
}

/**
 * Runs `rounds` and one to warm up; a round's costs are those until the next one begins, so that
 * what is done later is in them. Records are never sent twice.
 */
export async function runRounds(bench: Bench, options: RoundOptions): Promise<Run> {
  const { isPlain = false, name, rounds, subjects, warmUpRounds = 1, work } = options
  const marks = new Map<SubjectName, number[]>(subjects.map((subject) => [subject.name, []]))
  const busy = new Map<SubjectName, number>()
  const mark = ({ name: who, pid }: Subject): void => void marks.get(who)!.push(cpuUs(pid))
  const warmUpSpans = new Map<SubjectName, number>()
  // Nobody knows spans that are no records again.
  const same = isPlain ? makeBodies(bench.maker, work) : null
  for (let round = 0; round <= rounds; round++) {
    const bodies = same ?? makeBodies(bench.maker, work)
    const times = round === 0 ? warmUpRounds : 1
    const longer = { ...work, batchesPerConnection: times * work.batchesPerConnection }
    const ofOurs = same || times === 1 ? bodies : makeBodies(bench.maker, longer)
    for (const subject of turned(subjects, round)) {
      const isSigned = subject.isSigned && !isPlain
      const files = (subject.isSigned ? ofOurs : bodies).map((one, at) => {
        const path = join(bench.folder, `${at}.bodies`)
        const once = isSigned ? one.signed : one.plain()
        writeBodies(path, same && subject.isSigned ? repeated(once, times) : once)
        return path
      })
      const [sender] = await Promise.all([startSender(subject.endpoint, files), subject.settled()])
      const spans = spansOf(subject.isSigned ? longer : work)
      if (round === 0) warmUpSpans.set(subject.name, spans)
      const expected = bench.sink.spans(subject.path) + spans
      mark(subject)
      const sent = await sender.send()
      await bench.sink.until(subject.path, expected)
      busy.set(subject.name, (busy.get(subject.name) ?? 0) + sent.busy)
    }
    bench.tell(`${name}: round ${round} of ${rounds}`)
  }
  await Promise.all(subjects.map((subject) => subject.settled()))
  for (const subject of subjects) mark(subject)
  return {
    spans: spansOf(work),
    requests: work.connections * work.batchesPerConnection,
    warmUpSpans: Object.fromEntries(warmUpSpans),
    cpuUs: Object.fromEntries([...marks].map(([who, list]) => [who, steps(list).slice(1)])),
    busy: Object.fromEntries(busy),
  }
}

/** Who comes first changes: the others' writes may still be on their way to the disk. */
function turned<T>(list: readonly T[], round: number): T[] {
  const first = round % list.length
  return [...list.slice(first), ...list.slice(0, first)]
}

function repeated<T>(list: readonly T[], times: number): T[] {
  return Array.from({ length: times }, () => list).flat()
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
