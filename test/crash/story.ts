// The story of a fault in a receiver: senders keep what got a receipt; the fault comes; a process
// without it goes on; then the log is held against the receipts.
import { join } from 'node:path'
import { type DataFolder, newDataFolder, newFolder, requireSound } from './data-folder.ts'
import {
  type Ending,
  type ReceiverProcess,
  StartFailed,
  startReceiverProcess,
} from './receiver-process.ts'
import type { Senders } from './senders.ts'
import { type Injection, type Strace, strace } from './strace.ts'

export interface Story {
  readonly inject: (data: string) => Injection
  /** What the process must do: end by itself with 1, be killed by it, or go on. */
  readonly then: 'ends' | 'is killed' | 'goes on'
  readonly args?: readonly string[]
  readonly passThrough?: boolean
}

/** Plays it and gives what was seen in numbers; throws when a promise was broken. */
export async function play(story: Story): Promise<string> {
  await using data = await newDataFolder()
  await using logs = await newFolder('strace')
  const traced = strace(story.inject(data.path), join(logs.path, 'calls'))
  const receipted = await playUnder(data, story, traced)
  const injected = traced.injected().length
  if (story.then !== 'is killed' && injected === 0) throw new Error('no call was made to fail')
  traced.requireNoRetriedSync()
  const inLog = await requireSound(data.path, data.logKey, receipted)
  const how = story.then === 'is killed' ? 'killed once' : `${injected} calls failed`
  return `${how}; ${receipted.length} receipted, ${inLog} in the log`
}

async function playUnder(data: DataFolder, story: Story, { launch, injected }: Strace) {
  const { args = [], passThrough = false } = story
  let receiver: ReceiverProcess | undefined
  const senders = data.senders('http://127.0.0.1:1', { passThrough })
  try {
    const started = await startOrEnding(data.path, { args, launch })
    if ('endpoint' in started) {
      receiver = started
      senders.aim(receiver.endpoint)
    }
    if (story.then === 'goes on') {
      if (receiver === undefined) throw new Error('it did not start')
      await senders.more(20)
      while (injected().length === 0 && senders.receipted.length < recordsBeforeFault) {
        await senders.more(20)
      }
      await senders.more(200)
      if ((await receiver.stop()) !== 0) throw new Error(`it did not stop well: ${receiver.log()}`)
    } else {
      const ending = 'endpoint' in started ? await endingOf(started, senders) : started
      requireEnding(story.then, ending)
    }
    receiver = await startReceiverProcess(data.path, { args })
    senders.aim(receiver.endpoint)
    await senders.more(60)
    await senders.stop()
    const code = await receiver.stop()
    if (code !== 0) throw new Error(`the second process ended with ${code}: ${receiver.log()}`)
    return senders.receipted
  } finally {
    await senders.stop()
    await receiver?.kill()
  }
}

/** A fault that has not come after so many records does not come at all. */
const recordsBeforeFault = 4_000

async function endingOf({ exited }: ReceiverProcess, senders: Senders): Promise<Ending> {
  const ending = await Promise.race([exited, senders.more(recordsBeforeFault)])
  if (ending === undefined) throw new Error('it did not end')
  return ending
}

type Options = Parameters<typeof startReceiverProcess>[1]

async function startOrEnding(data: string, options: Options): Promise<ReceiverProcess | Ending> {
  try {
    return await startReceiverProcess(data, options)
  } catch (error) {
    if (error instanceof StartFailed) return error.ending
    throw error
  }
}

function requireEnding(then: 'ends' | 'is killed', { code, signal }: Ending): void {
  const isRight = then === 'ends' ? code === 1 : signal === 'SIGKILL'
  if (!isRight) throw new Error(`it ended with ${code ?? signal}, not as expected: ${then}`)
}
