// The SDK's spool: processes of one service that live and die on one disk, a receiver that takes,
// refuses, loses answers and lies, and a last process that sends what all others left.
//
// Promised: what was told to be spooled reaches the receiver whatever happens; what was written
// survives every end but a power cut; nothing is altered; without refusals and faults of the disk
// each stream comes in order; what is dropped was counted.
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { writeJournalSync } from '@grantlog/journal'
import { createMemoryFiles, createRandom, systemError } from '@grantlog/journal/testing'
import type { MemoryFiles, Random } from '@grantlog/journal/testing'
import type { SealedRecord } from '../../../packages/sdk/src/event.ts'
import type { Verdict } from '../../../packages/sdk/src/export/answer.ts'
import type { Outgoing } from '../../../packages/sdk/src/export/outgoing.ts'
import { Outlet } from '../../../packages/sdk/src/export/outlet.ts'
import { createSpoolCipher } from '../../../packages/sdk/src/export/spool/cipher.ts'
import type { SpoolDisk } from '../../../packages/sdk/src/export/spool/disk.ts'
import { createLane } from '../../../packages/sdk/src/export/spool/lane.ts'
import type { Driver } from './driver.ts'

const root = '/state/spool'
const livesMax = 5
const { privateKey } = generateKeyPairSync('ed25519')
const key: KeyObject = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))

/** What breaks, apart from the process and the receiver. */
type Weather = 'calm' | 'power' | 'disk'

class World {
  readonly random: Random
  readonly files: MemoryFiles
  readonly weather: Weather
  readonly isRefusing: boolean
  /** By instance: its numbers that must arrive. */
  readonly owed = new Map<string, Set<number>>()
  readonly received = new Map<string, number[]>()
  readonly signed = new Map<string, Buffer>()
  /** Instances that wrote a folder while they ended. */
  readonly exited = new Set<string>()
  readonly counts = {
    lives: 0,
    spooled: 0,
    adopted: 0,
    refused: 0,
    dropped: 0,
    lostAnswers: 0,
    exits: 0,
  }
  nowMs = 1e9
  isGood = false
  pid = 1

  constructor(seed: number) {
    this.random = createRandom(seed)
    this.files = createMemoryFiles({ seed })
    this.weather = (['calm', 'power', 'disk'] as const)[this.random.below(3)] as Weather
    this.isRefusing = this.random.oneIn(2)
  }

  disk(): SpoolDisk {
    const { files } = this
    const folders = async (directory: string): Promise<string[]> => {
      const names = await files.list(directory).catch(() => [])
      const found: string[] = []
      for (const name of names) {
        const isFolder = await files.list(`${directory}/${name}`).then(
          () => true,
          () => false,
        )
        if (isFolder) found.push(name)
      }
      return found
    }
    return bound(files, { folders, touch: async () => undefined, touchedMs: async () => 0 })
  }

  /** What the receiver answers. */
  async deliver(batches: readonly Outgoing[]): Promise<Verdict[]> {
    const { random } = this
    const way = this.isGood ? 0 : random.below(10)
    if (way === 1) throw systemError('ECONNREFUSED')
    const again = { kind: 'again', reason: '', afterMs: null } as const
    if (way === 2) return batches.map(() => ({ ...again, code: 'EXPORT_FAILING' }))
    if (way === 3) return batches.map(() => ({ ...again, code: 'RECEIPT_INVALID' }))
    const verdicts = batches.map((batch) => this.#judge(batch, way === 4 && this.isRefusing))
    if (way !== 5) return verdicts
    this.counts.lostAnswers++
    throw systemError('ECONNRESET')
  }

  #judge(batch: Outgoing, mayRefuse: boolean): Verdict {
    if (mayRefuse && !this.random.oneIn(3)) {
      this.counts.refused++
      return { kind: 'refused', refused: batch.count, reason: '400' }
    }
    this.take(batch)
    return { kind: 'done', refused: 0, reason: '', lastIndex: null }
  }

  take({ instance, firstSequence, count, body }: Outgoing): void {
    const original = this.signed.get(`${instance} ${firstSequence}`)
    if (original === undefined || !original.equals(body)) throw new Error('altered on its way')
    const numbers = this.received.get(instance) ?? []
    this.received.set(instance, numbers)
    for (let i = 0; i < count; i++) numbers.push(firstSequence + i)
  }
}

/** A copy for one process: what it does after its end has no effect. */
function bound(files: MemoryFiles, more: Omit<SpoolDisk, keyof MemoryFiles>): SpoolDisk {
  return {
    list: (path) => files.list(path),
    makeDirectory: (path) => files.makeDirectory(path),
    open: (path, mode) => files.open(path, mode),
    read: (path) => files.read(path),
    size: (path) => files.size(path),
    sizeNow: (path) => files.sizeNow(path),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    removeAll: (path) => files.removeAll(path),
    syncDirectory: (path) => files.syncDirectory(path),
    freeBytes: (path) => files.freeBytes(path),
    ...more,
  }
}

/** One process, or thread: an outlet and the stream that it numbers. */
class Life {
  readonly instance: string
  readonly outlet: Outlet
  readonly #world: World
  readonly #disk: SpoolDisk
  readonly #spooled: Promise<unknown>[] = []
  #next = 0

  constructor(world: World) {
    this.#world = world
    world.counts.lives++
    const pid = world.pid++
    this.instance = `i${pid}`
    this.#disk = world.disk()
    world.owed.set(this.instance, new Set())
    const self = { pid, thread: 0, started: `${pid}`, boot: 'b', namespace: 'n' }
    this.outlet = new Outlet({
      queue: { recordsMax: 12, bytesMax: 1e9 },
      sign: (waiting) => this.#sign(waiting),
      deliver: (batches) => {
        const adopted = batches.filter(({ instance }) => instance !== this.instance)
        world.counts.adopted += adopted.length
        return world.deliver(batches)
      },
      limits: { batches: 1 + world.random.below(4), bytes: 1024 * 1024 },
      spool: {
        disk: this.#disk,
        lane: createLane(1e6),
        root,
        instance: this.instance,
        privateKey: key,
        kid: 'k',
        bytesMax: 40_000,
        // Every other one writes at once, the others only what is asked for or has to wait.
        patienceMs: pid % 2 === 0 ? 0 : 1e6,
        witness: {
          self,
          startedOf: async (one) => (isAlive(one) ? `${one}` : null),
          wallMs: () => world.nowMs,
          nowMs: () => world.nowMs,
        },
      },
      notify: () => undefined,
      random: () => 0,
    })
    alive.add(pid)
    this.#pid = pid
  }

  readonly #pid: number

  #sign(waiting: readonly SealedRecord[]): Outgoing | null {
    const [first] = waiting
    if (first === undefined) return null
    const { random, signed } = this.#world
    let count = 1
    while (waiting[count]?.sequence === first.sequence + count && count < 4) count++
    const firstSequence = first.sequence
    const body = Buffer.from(random.bytes(40 + random.below(3000)))
    signed.set(`${this.instance} ${firstSequence}`, body)
    return { instance: this.instance, firstSequence, count, root: `${firstSequence}`, body }
  }

  /** Some records; now and then one that its response waits for. */
  make(count: number): void {
    const owed = this.#world.owed.get(this.instance) as Set<number>
    for (let i = 0; i < count; i++) {
      const sequence = this.#next++
      this.outlet.enqueue({ sequence, bytes: 10 } as SealedRecord)
      if (!this.#world.random.oneIn(3)) continue
      const told = this.outlet.until(sequence, 'spooled').then(
        () => {
          owed.add(sequence)
          this.#world.counts.spooled++
        },
        // Not promised, so not owed.
        () => undefined,
      )
      this.#spooled.push(told)
    }
  }

  /** The process is gone; `survives`: what it had written is not. */
  end(survives: boolean): void {
    alive.delete(this.#pid)
    const owed = this.#world.owed.get(this.instance) as Set<number>
    for (const sequence of owed) {
      // Refused, and no room to keep it: it was dropped, counted and told.
      this.outlet.until(sequence, 'receipted').catch(({ code }: { code: string }) => {
        if (code === 'RECORD_LOST') owed.delete(sequence)
      })
    }
    const { dropped } = this.outlet
    const { batches, roomBytes } = this.outlet.close()
    takeAway(this.#disk)
    this.#world.counts.dropped += dropped
    const saved = survives && this.#world.random.oneIn(2) ? this.#exit(batches, roomBytes) : 0
    if (!survives || dropped > 0) return
    const unwritten = new Set(
      batches
        .slice(saved)
        .filter(({ instance }) => instance === this.instance)
        .flatMap(({ firstSequence, count }) =>
          Array.from({ length: count }, (_, i) => firstSequence + i),
        ),
    )
    for (let sequence = 0; sequence < this.#next; sequence++) {
      if (!unwritten.has(sequence)) owed.add(sequence)
    }
  }

  /** What only memory has is written at the end of the process; how many batches of it. */
  #exit(batches: readonly Outgoing[], bytesMax: number): number {
    if (batches.length === 0 || bytesMax <= 0) return 0
    const { counts, files } = this.#world
    const name = `${this.instance}.exit`
    const cipher = createSpoolCipher(key, name)
    const payloads = batches.map((batch, frame) => cipher.seal(batch, frame))
    const directory = `${root}/${name}`
    const { frames } = writeJournalSync({ directory, files: files.syncFiles, payloads, bytesMax })
    counts.exits += frames
    this.#world.exited.add(this.instance)
    return frames
  }
}

/** What is under way when a process ends goes no further. */
function takeAway(disk: SpoolDisk): void {
  const gone = (): never => {
    throw systemError('EIO')
  }
  for (const name of Object.keys(disk)) Object.assign(disk, { [name]: async () => gone() })
}

/** Pids of the world that runs; a run is alone in its thread. */
const alive = new Set<number>()
const isAlive = (pid: number): boolean => alive.has(pid)

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function live(world: World): Promise<void> {
  const { files, random, weather } = world
  const lives = Array.from({ length: 1 + random.below(2) }, () => new Life(world))
  if (weather === 'power' && random.oneIn(2)) files.powerOffIn(1 + random.below(60))
  if (weather === 'disk') breakDisk(files, random)
  for (let step = random.below(8); step >= 0; step--) {
    for (const life of lives) {
      life.make(random.below(6))
      if (random.oneIn(3)) await life.outlet.flush()
      if (random.oneIn(4)) await life.outlet.renew()
    }
    world.nowMs += random.below(70_000)
    await turns(random.below(12))
  }
  const isPowerCut = weather === 'power' && (files.isOff || random.oneIn(2))
  for (const life of lives) life.end(weather === 'calm')
  files.fault = undefined
  files.capacityBytes = Number.POSITIVE_INFINITY
  if (isPowerCut) files.crash()
  else files.kill()
}

function breakDisk(files: MemoryFiles, random: Random): void {
  if (random.oneIn(2)) files.capacityBytes = random.below(30_000)
  const at = random.below(40)
  let count = 0
  files.fault = ({ kind }) => {
    if (++count !== at || kind === 'makeDirectory') return undefined
    return systemError(random.oneIn(2) ? 'EIO' : 'ENOSPC')
  }
}

/** The receiver is well: a last process sends all that is left. */
async function settle(world: World): Promise<void> {
  world.isGood = true
  const last = new Life(world)
  for (let round = 0; round < 12; round++) {
    await last.outlet.renew()
    await last.outlet.flush()
    await turns(20)
    world.nowMs += 700_000
    const folders = await world.disk().folders(root)
    if (round > 1 && folders.every((name) => name.startsWith(`${last.instance}`))) break
  }
  last.end(false)
}

function check(world: World): void {
  const isStrict = world.weather !== 'disk' && !world.isRefusing
  for (const [instance, owed] of world.owed) {
    const came = world.received.get(instance) ?? []
    const all = new Set(came)
    for (const sequence of owed) {
      if (!all.has(sequence)) throw new Error(`${instance}: ${sequence} was kept, and never came`)
    }
    // What was written at the end is another folder, which another process may send.
    if (!isStrict || world.exited.has(instance)) continue
    const firsts = [...all]
    if (firsts.some((sequence, i) => i > 0 && sequence < (firsts[i - 1] as number))) {
      throw new Error(`${instance}: not in order: ${firsts.join(' ')}`)
    }
  }
}

export const driver: Driver = {
  name: 'spool',
  share: 0.1,
  run: async (seed) => {
    const world = new World(seed)
    alive.clear()
    await world.files.makeDirectory(root)
    for (let lives = 1 + world.random.below(livesMax); lives > 0; lives--) await live(world)
    await settle(world)
    check(world)
    return world.counts
  },
}
