// A receiver process that forwards to a sink which says what became of each item.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { type ItemsSink, startItemsSink } from './items-sink.ts'

export interface ReceiverAndSink {
  /** For folders of further receivers. */
  readonly root: string
  readonly sink: ItemsSink
  readonly receiver: ReceiverProcess
  stop(): Promise<void>
}

export async function startReceiverAndSink(): Promise<ReceiverAndSink> {
  const root = await mkdtemp(join(tmpdir(), 'grantlog-stock-'))
  const sink = await startItemsSink()
  const receiver = await startReceiverProcess(join(root, 'data'), ['--forward', sink.url])
  async function stop(): Promise<void> {
    await receiver.stop()
    await sink.close()
    await rm(root, { recursive: true, force: true })
  }
  return { root, sink, receiver, stop }
}
