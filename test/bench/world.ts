// A receiver, its peers and their sink, while one benchmark runs.
import { createRecordMaker } from './records.ts'
import type { Result } from './result.ts'
import type { Bench } from './rounds.ts'
import { startSpanSink } from './sink.ts'
import { startGrantlog, startPeer, type Subject, type SubjectName } from './subjects.ts'

export type PeerSubject = Exclude<SubjectName, 'grantlog'>

export const peerNames: readonly PeerSubject[] = ['durable', 'unsynced', 'inMemory']

/** Starts them, works, and stops them. Errors: of a peer that is not built. */
export async function inWorld(
  bench: Omit<Bench, 'maker' | 'sink'>,
  peers: readonly PeerSubject[],
  work: (bench: Bench, subjects: readonly Subject[]) => Promise<Result>,
): Promise<Result> {
  await using started = new AsyncDisposableStack()
  const sink = await startSpanSink()
  started.defer(() => sink.close())
  const maker = createRecordMaker()
  const subjects: Subject[] = []
  const starts = [
    () => startGrantlog(bench.folder, maker.enrolment, sink.url),
    ...peers.map((name) => () => startPeer(name, sink.url)),
  ]
  for (const start of starts) {
    const subject = await start()
    started.defer(async () => void (await subject.stop()))
    subjects.push(subject)
  }
  return await work({ ...bench, sink, maker }, subjects)
}
