// The story of a fault in a receiver: senders keep what got a receipt; the fault comes; a process
// without it goes on; then the log is held against the receipts.
import { join } from 'node:path'
import { newDataFolder, newFolder, requireSound } from './data-folder.ts'
import { type ReceiverProcess, StartFailed, startReceiverProcess } from './receiver-process.ts'
import { type Receipted, type SenderLoop, type SenderOptions, startSenders } from './sender-loop.ts'
import type { Place } from './senders.ts'
import { type Injection, type Strace, strace } from './strace.ts'

export interface Story extends SenderOptions {
  readonly inject: (data: string) => Injection
  /** What the process must do: end by itself with 1, be killed by it, or go on. */
  readonly reaction: 'ends' | 'is killed' | 'goes on'
  readonly args?: readonly string[]
  /** Of one that goes on: the code that its log must have. */
  readonly told?: string
  /** Awaited before the last process is stopped. */
  readonly beforeStop?: (receipted: readonly Receipted[]) => Promise<void>
}

/**
 * A fault that has not come after so many records never comes: a sink that is slow on a busy
 * machine gets 16,384 at once, and some faults are in the third request.
 */
const recordsBeforeFault = 80_000

/** Plays it and gives what was seen in numbers; throws when a promise was broken. */
export async function play(story: Story): Promise<string> {
  await using place = await newDataFolder()
  return await playIn(place, story)
}

/** The same in a data folder that the caller keeps. */
export async function playIn(place: Place, story: Story): Promise<string> {
  await using logs = await newFolder('strace')
  const traced = strace(story.inject(place.data), join(logs.path, 'calls'))
  const receipted = await playUnder(place, story, traced)
  const injected = traced.injected().length
  if (story.reaction !== 'is killed' && injected === 0) throw new Error('no call was made to fail')
  traced.requireNoRetriedSync()
  const inLog = await requireSound(place, receipted)
  const how = story.reaction === 'is killed' ? 'killed once' : `failed calls: ${injected}`
  return `${how}; ${receipted.length} receipted, ${inLog} in the log`
}

async function playUnder(
  place: Place,
  story: Story,
  traced: Strace,
): Promise<readonly Receipted[]> {
  const { args = [], reaction } = story
  const senders = startSenders(place, undefined, story)
  let receiver: ReceiverProcess | undefined
  try {
    const started = await startOrCode(() => startReceiverProcess(place.data, args, traced.launch))
    if (typeof started === 'object' && started !== null) {
      receiver = started
      senders.aim(receiver.endpoint)
    }
    if (reaction === 'goes on') await goOn(receiver, senders, traced, story.told)
    else
      requireCode(reaction, receiver ? await codeOf(receiver, senders) : (started as number | null))
    receiver = await startReceiverProcess(place.data, args)
    senders.aim(receiver.endpoint)
    await senders.more(60)
    await senders.stop()
    await story.beforeStop?.(senders.receipted)
    requireStopped(await receiver.stop(), receiver)
    return senders.receipted
  } finally {
    await senders.stop()
    await receiver?.kill()
  }
}

/** The process, or its exit code when it ended before it was ready. */
async function startOrCode(
  start: () => Promise<ReceiverProcess>,
): Promise<ReceiverProcess | number | null> {
  try {
    return await start()
  } catch (error) {
    if (error instanceof StartFailed) return error.code
    throw error
  }
}

async function goOn(
  receiver: ReceiverProcess | undefined,
  senders: SenderLoop,
  { injected }: Strace,
  told?: string,
): Promise<void> {
  if (receiver === undefined) throw new Error('it did not start: ' + injected().join())
  while (injected().length === 0 && senders.receipted.length < recordsBeforeFault) {
    await senders.more(20)
  }
  if (told !== undefined) await receiver.event(told)
  await senders.more(200)
  requireStopped(await receiver.stop(), receiver)
}

async function codeOf({ exited }: ReceiverProcess, senders: SenderLoop): Promise<number | null> {
  const code = await Promise.race([exited, senders.more(recordsBeforeFault)])
  if (code === undefined) throw new Error('it did not end')
  return code
}

function requireCode(reaction: 'ends' | 'is killed', code: number | null): void {
  const expected = reaction === 'ends' ? 1 : null
  if (code !== expected) throw new Error(`it ended with ${code} and not with ${expected}`)
}

function requireStopped(code: number | null, { log }: ReceiverProcess): void {
  if (code !== 0) throw new Error(`it stopped with ${code}: ${log()}`)
}
