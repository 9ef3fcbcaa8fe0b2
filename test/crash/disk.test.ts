// Scenario: the disk under one or all folders of a receiver is full, and then has space again; the
// power goes while it writes.
// Guarantee: nothing is acknowledged that is not durable; a receiver goes on when there is space,
// by itself or started anew; after a power cut all receipts given before it hold.
import { copyFile, mkdir, open, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { newDataFolder, newFolder, requireSound, run } from './data-folder.ts'
import {
  makeExt4,
  mountImage,
  mountTmpfs,
  mountTmpfsOver,
  noLoop,
  noMount,
  resizeTmpfs,
} from './disk.ts'
import { type Fault, faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import { type Receipted, type SenderLoop, startSenders } from './sender-loop.ts'
import type { Place } from './senders.ts'

const roomy = 256 * 1024

/** Resolves when senders had no receipt for a while: the disk is full, or the process is gone. */
async function untilNothingIsTaken({ receipted }: SenderLoop): Promise<void> {
  for (let before = -1; before < receipted.length;) {
    before = receipted.length
    await delay(1_500)
  }
}

/** The process, or another one when it ended. */
async function alive(
  receiver: ReceiverProcess,
  restart: () => Promise<ReceiverProcess>,
): Promise<{ readonly receiver: ReceiverProcess; readonly restarts: number }> {
  const ended = await Promise.race([receiver.exited.then(() => true), delay(500, false)])
  return ended ? { receiver: await restart(), restarts: 1 } : { receiver, restarts: 0 }
}

interface Small {
  /** Below the data folder; empty: all of it. */
  readonly folder: string
  readonly kib: number
  readonly passThrough?: boolean
}

/** Fills a small disk under load, gives it space again, and holds the log against the receipts. */
async function fill({ folder, kib, passThrough = false }: Small): Promise<string> {
  await using outer = await mountTmpfs(roomy)
  await using place = await newDataFolder(outer.path)
  const path = join(place.data, folder)
  await mkdir(path, { recursive: true })
  await using small = await mountTmpfsOver(path, kib)
  const args = passThrough ? ['--forward', 'http://127.0.0.1:1'] : []
  const start = (): Promise<ReceiverProcess> => startReceiverProcess(place.data, args)
  let receiver = await start()
  const senders = startSenders(place, receiver.endpoint, { passThrough })
  try {
    await senders.more(40)
    await untilNothingIsTaken(senders)
    const whenFull = senders.receipted.length
    await resizeTmpfs(small, roomy)
    const went = await alive(receiver, start)
    receiver = went.receiver
    senders.aim(receiver.endpoint)
    await senders.more(200)
    await senders.stop()
    const code = await receiver.stop()
    if (code !== 0) throw new Error(`it stopped with ${code}: ${receiver.log()}`)
    const inLog = await requireSound(place, senders.receipted)
    const how = went.restarts === 0 ? 'the same process went on' : 'started anew'
    const { length } = senders.receipted
    return `full after ${whenFull}, ${how}; ${length} receipted, ${inLog} in the log`
  } finally {
    await senders.stop()
    await receiver.kill()
  }
}

const small: [what: string, where: Fault['where'], Small][] = [
  ['the data folder', 'receiver', { folder: '.', kib: 1_500 }],
  ["the ledger's disk", 'ledger', { folder: 'ledger', kib: 1_000 }],
  ["the commit journal's disk", 'journal', { folder: 'ledger/commit', kib: 300 }],
  ["the queue's disk", 'receiver', { folder: 'queue', kib: 48, passThrough: true }],
]

for (const [what, where, disk] of small) {
  faultTest(
    {
      where,
      fault: `${what} is full (tmpfs of ${disk.kib} KiB), then has space`,
      expected: 'no receipt without a place; it goes on with space; verify is clean',
      skip: noMount(),
    },
    () => fill(disk),
  )
}

for (const [folder, what] of [
  ['keys', 'the keys'],
  ['lock', 'the lock store'],
] as const) {
  faultTest(
    {
      where: 'ledger',
      fault: `no byte is left on the disk of ${what} (tmpfs), then space`,
      expected: 'no receipt without a place; it goes on with space; verify is clean',
      skip: noMount(),
    },
    () => fillBeforeStart(folder),
  )
}

/** A folder that hardly grows: it is filled by another file, before or after the start. */
async function fillBeforeStart(folder: string): Promise<string> {
  await using place = await newDataFolder()
  const path = join(place.data, folder)
  await mkdir(path, { recursive: true })
  await using _disk = await mountTmpfsOver(path, 4_096)
  let receiver = await startReceiverProcess(place.data)
  const senders = startSenders(place)
  try {
    const other = join(path, 'other')
    await fillWith(other)
    senders.aim(receiver.endpoint)
    await untilNothingIsTaken(senders)
    const whenFull = senders.receipted.length
    const ended = await Promise.race([receiver.exited, delay(200, 'alive' as const)])
    await rm(other)
    if (ended !== 'alive') receiver = await startReceiverProcess(place.data)
    senders.aim(receiver.endpoint)
    await senders.more(200)
    await senders.stop()
    const code = await receiver.stop()
    if (code !== 0) throw new Error(`it stopped with ${code}: ${receiver.log()}`)
    const inLog = await requireSound(place, senders.receipted)
    const how = ended === 'alive' ? 'the same process went on' : `it ended with ${ended}`
    const { length } = senders.receipted
    return `${whenFull} receipted while full, ${how}; ${length} receipted, ${inLog} in the log`
  } finally {
    await senders.stop()
    await receiver.kill()
  }
}

/** Writes zeros until the disk has no byte left. */
async function fillWith(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const bytes of [65_536, 4_096, 512]) {
      const zeros = Buffer.alloc(bytes)
      await takeAll(() => file.write(zeros))
    }
  } finally {
    await file.close()
  }
}

async function takeAll(write: () => Promise<unknown>): Promise<void> {
  try {
    for (;;) await write()
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error
  }
}

for (const [cuts, isLong] of [
  [3, false],
  [12, true],
] as const) {
  faultTest(
    {
      where: 'journal',
      fault: `the power goes under load, ${cuts} times (ext4 image, copied while it is written)`,
      expected: 'all receipts given before are in the copy, in their places; verify is clean',
      skip: noLoop(),
      isLong,
    },
    () => cut(cuts),
  )
}

async function cut(cuts: number): Promise<string> {
  await using folder = await newFolder('power')
  const image = join(folder.path, 'disk')
  await makeExt4(image, 64)
  const seen: string[] = []
  {
    await using disk = await mountImage(image)
    await using place = await newDataFolder(disk.path)
    // What the test itself wrote must not be lost.
    await run(['sync', '-f', place.data])
    const receiver = await startReceiverProcess(place.data)
    const senders = startSenders(place, receiver.endpoint)
    try {
      for (let i = 0; i < cuts; i++) {
        await senders.more(100 + 77 * i)
        const receipted = senders.receipted.slice()
        const copy = join(folder.path, 'copy')
        // Stopped, or the copy would be of many moments; what the kernel holds back stays back. And
        // until the copy is judged: the senders would fill the disk meanwhile.
        receiver.signal('SIGSTOP')
        await copyFile(image, copy)
        seen.push(await recover(copy, place, receipted))
        receiver.signal('SIGCONT')
      }
    } finally {
      receiver.signal('SIGCONT')
      await senders.stop()
      await receiver.kill()
    }
  }
  return `receipted before the cut, and in the copy: ${seen.join('; ')}`
}

/** Starts a receiver on what the power cut left. */
async function recover(
  copy: string,
  place: Place,
  receipted: readonly Receipted[],
): Promise<string> {
  await using disk = await mountImage(copy)
  const data = join(disk.path, basename(place.data))
  const receiver = await startReceiverProcess(data)
  const code = await receiver.stop()
  if (code !== 0) throw new Error(`it stopped with ${code}: ${receiver.log()}`)
  const inLog = await requireSound({ data, logKey: place.logKey }, receipted)
  return `${receipted.length}, ${inLog}`
}
