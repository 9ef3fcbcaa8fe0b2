// A receiver, its peers and their sink, while one benchmark runs.
import { createRecordMaker } from './records.ts'
import type { Result } from './result.ts'
import type { Bench } from './rounds.ts'
import { startSpanSink } from './sink.ts'
import { type PeerName, startGrantlog, startPeer, type Subject } from './subjects.ts'

export const peerNames: readonly PeerName[] = ['durable', 'unsynced', 'inMemory']

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Starts them, works, and stops them. Errors: of a peer that is not built. */
export async function inWorld(
  bench: Omit<Bench, 'maker' | 'sink'>,
  others: readonly (PeerName | 'shipped')[],
  work: (bench: Bench, subjects: readonly Subject[]) => Promise<Result>,
): Promise<Result> {
  await using started = new AsyncDisposableStack()
  const sink = await startSpanSink()
  started.defer(() => sink.close())
  const maker = createRecordMaker()
  const subjects: Subject[] = []
  // Else they would go on by themselves; stop() signals them before it waits.
  const onSignal = (): never => {
    for (const subject of subjects) void subject.stop()
    process.exit(1)
  }
  for (const signal of signals) process.once(signal, onSignal)
  started.defer(() => signals.forEach((signal) => process.off(signal, onSignal)))
  const ours = { enrolment: maker.enrolment, sink: sink.url }
  const starts = [
    () => startGrantlog(bench, ours),
    ...others.map(
      (name) => () =>
        name === 'shipped' ? startGrantlog(bench, ours, name) : startPeer(name, sink.url),
    ),
  ]
  for (const start of starts) {
    const subject = await start()
    started.defer(async () => void (await subject.stop()))
    subjects.push(subject)
  }
  return await work({ ...bench, sink, maker }, subjects)
}
