// Interleaved rounds: each program gets the same spans, one after the other, and again.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
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
}

export interface RoundOptions {
  readonly name: string
  readonly subjects: readonly Subject[]
  readonly work: Work
  readonly rounds: number
  /** Everybody gets the spans that are no records. */
  readonly isPlain?: boolean
}

/** Runs `rounds` and one to warm up. Records are made before each round, and never sent twice. */
export async function runRounds(bench: Bench, options: RoundOptions): Promise<Run> {
  const { isPlain = false, name, rounds, subjects, work } = options
  const costs = new Map<SubjectName, number[]>(subjects.map((subject) => [subject.name, []]))
  const busy = new Map<SubjectName, number>()
  for (let round = 0; round <= rounds; round++) {
    const bodies = makeBodies(bench.maker, work)
    // Who comes first changes: the others' writes may still be on their way to the disk.
    const turned = [...subjects.slice(round % subjects.length), ...subjects].slice(
      0,
      subjects.length,
    )
    for (const subject of turned) {
      const isSigned = subject.isSigned && !isPlain
      const files = bodies.map((one, at) => {
        const path = join(bench.folder, `${at}.bodies`)
        writeBodies(path, isSigned ? one.signed : one.plain)
        return path
      })
      const result = await measure(bench, subject, { files, spans: spansOf(work) })
      busy.set(subject.name, (busy.get(subject.name) ?? 0) + result.busy)
      if (round > 0) costs.get(subject.name)!.push(result.cpuUs)
      for (const file of files) rmSync(file)
    }
    bench.tell(`${name}: round ${round} of ${rounds}`)
  }
  const requests = work.connections * work.batchesPerConnection
  return {
    spans: spansOf(work),
    requests,
    cpuUs: Object.fromEntries(costs),
    busy: Object.fromEntries(busy),
  }
}

async function measure(
  { sink }: Bench,
  { endpoint, path, pid, settled }: Subject,
  { files, spans }: { readonly files: readonly string[]; readonly spans: number },
): Promise<{ cpuUs: number; busy: number }> {
  const sender = await startSender(endpoint, files)
  const expected = sink.spans(path) + spans
  const before = cpuUs(pid)
  const { busy } = await sender.send()
  await sink.until(path, expected)
  await settled()
  return { cpuUs: cpuUs(pid) - before, busy }
}

function makeBodies(maker: RecordMaker, work: Work): Bodies[] {
  const { batchesPerConnection, connections, spansPerBatch } = work
  return Array.from({ length: connections }, () =>
    maker.stream(batchesPerConnection, spansPerBatch),
  )
}

function spansOf({ batchesPerConnection, connections, spansPerBatch }: Work): number {
  return batchesPerConnection * connections * spansPerBatch
}
