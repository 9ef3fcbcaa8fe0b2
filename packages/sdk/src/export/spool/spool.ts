// The spool of one process or worker thread: folders `<root>/<instance>` and
// `<root>/<instance>.refused`, each a journal, and the folders of the dead that it adopts.
import { basename } from 'node:path'
import type { KeyObject } from 'node:crypto'
import {
  receiptPatienceMs,
  refusedShare,
  renewIntervalMs,
  segmentBytesMax,
  segmentShare,
} from '../../limits.ts'
import type { Notify } from '../../notice.ts'
import type { Outgoing } from '../outgoing.ts'
import { Adoption } from './adoption.ts'
import { createSpoolCipher } from './cipher.ts'
import type { SpoolDisk } from './disk.ts'
import { adoptFolder, type FolderOptions, makeFolder, type SpoolFolder } from './folder.ts'
import type { Lane } from './lane.ts'
import { createJudge, type Witness } from './owner.ts'
import { Store, type StoreOptions } from './store.ts'

/** What opens a spool folder. */
export interface SpoolKey {
  readonly kid: string
  readonly privateKey: KeyObject
}

export interface SpoolOptions {
  readonly disk: SpoolDisk
  readonly lane: Lane
  /** The folder of all spool folders. */
  readonly root: string
  readonly instance: string
  readonly privateKey: KeyObject
  /** Kid of the credentials. */
  readonly kid: string
  /** Keys that the credentials had before: what was left under them is sent, too. */
  readonly previous?: readonly SpoolKey[]
  /** Of all folders together; 0: no spool. */
  readonly bytesMax: number
  readonly witness: Witness
  /** See StoreOptions; default: receiptPatienceMs. */
  readonly patienceMs?: number
  readonly main: Pick<
    StoreOptions,
    'mustSync' | 'onWritten' | 'onDurable' | 'onUnavailable' | 'onLeft'
  >
  /** Keeps a refused batch of an adopted folder; false: no room. */
  readonly keep: (batch: Outgoing) => boolean
  /** Something was adopted. */
  readonly onAdopted: () => void
  readonly notify: Notify
}

/** See the head of this file. */
export class Spool {
  readonly main: Store
  readonly refused: Store
  readonly adoption: Adoption
  readonly #options: SpoolOptions
  /** How often a folder of this suffix was made. */
  readonly #made = new Map<string, number>()
  /** Paths of those that we make and write. */
  readonly #own = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #isRenewing = false

  constructor(options: SpoolOptions) {
    this.#options = options
    const { disk, lane, root, witness, notify, bytesMax } = options
    const areKept = (): boolean => this.refused.unwritten().length === 0
    const mayPrune = areKept
    const common = { lane, notify, nowMs: witness.nowMs, isOn: bytesMax > 0, mayPrune }
    const [ofAll, ofRefused] = [bytesMax, refusedShare * bytesMax].map(segmentBytesOf)
    this.refused = new Store({
      ...common,
      patienceMs: 0,
      segmentBytesMax: ofRefused as number,
      open: () => this.#make('.refused', ofRefused as number),
      // What was let in is written, also where it is refused once more: see hasRoomFor.
      roomBytes: () => Number.POSITIVE_INFINITY,
      // Of what comes from a folder that is forgotten then, it was told that it is safe.
      mustSync: () => true,
      onWritten: () => undefined,
      onDurable: () => this.main.pruneAgain(),
      onUnavailable: () => undefined,
      onLeft: () => undefined,
    })
    this.main = new Store({
      ...common,
      ...options.main,
      patienceMs: options.patienceMs ?? receiptPatienceMs,
      segmentBytesMax: ofAll as number,
      open: () => this.#make('', ofAll as number),
      roomBytes: () => bytesMax - this.adoption.foreignBytes - this.refused.diskBytes,
    })
    this.adoption = new Adoption({
      disk,
      lane,
      root,
      keys: [options.kid, ...(options.previous ?? []).map(({ kid }) => kid)],
      own: () => [...this.#own],
      isDead: createJudge(witness),
      adopt: (path, { generation, key }) => adoptFolder(this.#optionsOf(path, 0, key), generation),
      keep: options.keep,
      areKept,
      bytesMax,
      notify,
      nowMs: witness.nowMs,
      wallMs: witness.wallMs,
    })
  }

  /** Bytes that all folders together may still take. */
  get roomBytes(): number {
    const { diskBytes } = this.refused
    return this.#options.bytesMax - this.adoption.foreignBytes - this.main.diskBytes - diskBytes
  }

  /** Whether a refused batch may be kept; without a spool, within memory. */
  hasRoomFor({ body }: Outgoing): boolean {
    const { bytesMax } = this.#options
    if (bytesMax === 0 || !this.refused.hasRoom) return this.refused.hasRoom
    const unwritten = this.refused.unwritten().reduce((sum, one) => sum + one.body.length, 0)
    const used = this.refused.diskBytes + unwritten + body.length
    return used <= refusedShare * (bytesMax - this.adoption.foreignBytes)
  }

  /** Our folders, and those that we have taken over. */
  held(): SpoolFolder[] {
    return [...this.#folders(), this.adoption.held].filter((one) => one !== null)
  }

  /** Says that we live, and looks for the dead; one call does it once. Never rejects. */
  async renew(): Promise<void> {
    const { bytesMax, onAdopted } = this.#options
    if (bytesMax === 0) return
    await this.main.renew()
    await this.refused.renew()
    await this.adoption.renew()
    await this.adoption.scan()
    if (this.adoption.held !== null) onAdopted()
  }

  /** Calls `renew` from now on, by a timer that is unref'd. */
  start(): void {
    const tick = (): void => {
      if (this.#isRenewing) return
      this.#isRenewing = true
      void this.renew().finally(() => (this.#isRenewing = false))
    }
    this.#timer = setInterval(tick, renewIntervalMs).unref()
    tick()
  }

  stop(): void {
    clearInterval(this.#timer)
    for (const store of [this.main, this.refused]) store.stop()
  }

  #folders(): SpoolFolder[] {
    return [this.main.folder, this.refused.folder].filter((one) => one !== null)
  }

  async #make(suffix: string, segmentBytes: number): Promise<SpoolFolder> {
    const { root, instance } = this.#options
    const count = this.#made.get(suffix) ?? 0
    this.#made.set(suffix, count + 1)
    const again = count === 0 ? '' : `.${count}`
    const path = `${root}/${instance}${suffix}${again}`
    this.#own.add(path)
    const folder = await makeFolder(this.#optionsOf(path, segmentBytes)).catch((error: unknown) => {
      this.#own.delete(path)
      throw error
    })
    const ending = (end: () => Promise<void>) => async (): Promise<void> => {
      await end()
      this.#own.delete(path)
    }
    return { ...folder, release: ending(folder.release), remove: ending(folder.remove) }
  }

  /** `key`: who left it; ours otherwise. */
  #optionsOf(path: string, segmentBytes: number, key?: string): FolderOptions {
    const { disk, previous = [], witness } = this.#options
    const by = previous.find(({ kid }) => kid === key) ?? this.#options
    const cipher = createSpoolCipher(by.privateKey, basename(path))
    const of = { disk, path, self: witness.self, key: by.kid, cipher }
    return { ...of, segmentBytesMax: segmentBytes }
  }
}

/** Bytes of a file of a store that may have this many. */
function segmentBytesOf(bytesMax: number): number {
  return Math.max(1, Math.min(segmentBytesMax, Math.floor(segmentShare * bytesMax)))
}
