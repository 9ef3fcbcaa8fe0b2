// Folders of producers that ended: found, taken over one after the other, sent as they are, and
// removed when all of it has its receipts.
import { JournalError } from '@grantlog/journal'
import { SdkError } from '../../codes.ts'
import {
  adoptFoldersMax,
  adoptRetryMs,
  asideBytesShare,
  asideMaxMs,
  requestBatchesMax,
} from '../../limits.ts'
import { messageOf, type Notify } from '../../notice.ts'
import type { Outgoing, Source } from '../outgoing.ts'
import { isCode, type SpoolDisk, writeNew } from './disk.ts'
import type { Framed, SpoolFolder } from './folder.ts'
import type { Lane } from './lane.ts'
import { type Owner, readOwner } from './owner.ts'

export interface AdoptionOptions {
  readonly disk: SpoolDisk
  readonly lane: Lane
  /** The folder of spool folders. */
  readonly root: string
  /** Kids of the credentials: of their key, and of those before it. */
  readonly keys: readonly string[]
  /** Paths of our own folders. */
  readonly own: () => readonly string[]
  readonly isDead: (path: string, owner: Owner) => Promise<boolean>
  /** Takes over a folder of one of the keys; null: somebody else did. */
  readonly adopt: (
    path: string,
    by: Pick<Owner, 'generation' | 'key'>,
  ) => Promise<SpoolFolder | null>
  /** Keeps a refused batch elsewhere; false: it must stay where it is. */
  readonly keep: (batch: Outgoing) => boolean
  /** Whether all that was kept so is on disk. */
  readonly areKept: () => boolean
  /** Of all folders together. */
  readonly bytesMax: number
  readonly notify: Notify
  readonly nowMs: () => number
  /** Unix milliseconds. */
  readonly wallMs: () => number
}

/** A folder with this file in it is left alone for a while: somebody has to look at it. */
const asideFile = 'aside'

/** Of a folder that its owner has made and not claimed yet, or has half removed. */
const nobody: Owner = { generation: -1, identity: null, key: '', touchedMs: 0 }

interface Found {
  readonly path: string
  readonly bytes: number
  readonly owner: Owner
  readonly isDead: boolean
  /** Since when it is set aside, by the clock of the disk; null: it is not. */
  readonly asideMs: number | null
}

/** See the head of this file. One folder at a time. */
export class Adoption implements Source {
  readonly #options: AdoptionOptions
  #current: SpoolFolder | null = null
  #waiting: Framed[] = []
  #next = 0
  #mustKeep = false
  #foreignBytes = 0
  /** As of the last scan, and not taken yet; the longest dead first. */
  #dead: Found[] = []
  /** Not to be tried before, by path. */
  readonly #later = new Map<string, number>()

  constructor(options: AdoptionOptions) {
    this.#options = options
  }

  /** Bytes of folders that are not ours, as of the last scan. */
  get foreignBytes(): number {
    return this.#foreignBytes
  }

  /** What we have taken over, to be let go at the end. */
  get held(): SpoolFolder | null {
    return this.#current
  }

  /** Looks for folders of the dead. Never rejects. */
  async scan(): Promise<void> {
    try {
      await this.#look()
    } catch {
      // The disk does not answer: there will be another scan.
    }
  }

  /** Says of what we have taken that we live. Never rejects. */
  async renew(): Promise<void> {
    const folder = this.#current
    if (folder === null) return
    try {
      await this.#options.lane.run(() => folder.renew())
    } catch {
      // Somebody else has taken it from us: it is theirs to send.
      if (this.#current === folder) this.#drop()
    }
  }

  async peek(): Promise<Outgoing | null> {
    while (this.#waiting.length === 0 && this.#current !== null) await this.#fill(this.#current)
    return this.#waiting[0]?.batch ?? null
  }

  behind(): Outgoing[] {
    return this.#waiting.slice(1, 1 + requestBatchesMax).map(({ batch }) => batch)
  }

  done(batch: Outgoing): void {
    const [first] = this.#waiting
    // Taken from us while it was sent: what is in hand is of another folder.
    if (first?.batch !== batch) return
    this.#waiting.shift()
    this.#next = first.frame + 1
  }

  refuse(batch: Outgoing): void {
    if (!this.#options.keep(batch)) this.#mustKeep = true
    this.done(batch)
  }

  async #look(): Promise<void> {
    const { disk, lane, root, own } = this.#options
    const names = await lane.run(() => disk.folders(root))
    const ours = new Set(own())
    const paths = names.map((name) => `${root}/${name}`).filter((path) => !ours.has(path))
    for (const path of this.#later.keys()) if (!paths.includes(path)) this.#later.delete(path)
    const all: Found[] = []
    for (const path of paths.slice(0, adoptFoldersMax)) {
      if (path === this.#current?.path) continue
      // A folder may go while it is looked at: somebody else has sent it.
      const found = await lane.run(() => this.#inspect(path)).catch(() => null)
      if (found !== null) all.push(found)
    }
    const bytes = all.reduce((sum, one) => sum + one.bytes, this.#current?.bytes() ?? 0)
    this.#foreignBytes = bytes - (await this.#boundAside(all))
    const dead = all.filter(({ isDead }) => isDead)
    this.#dead = dead.toSorted((a, b) => a.owner.touchedMs - b.owner.touchedMs)
    await this.#takeNext()
  }

  /** One of those that the last scan has found; it looks at no other. */
  async #takeNext(): Promise<void> {
    while (this.#current === null) {
      const next = this.#dead.shift()
      if (next === undefined) return
      await this.#options.lane.run(() => this.#take(next.path, next.owner))
    }
  }

  /** Of what is set aside, the oldest go; gives the bytes that are free then. */
  async #boundAside(all: readonly Found[]): Promise<number> {
    const { disk, lane, keys, bytesMax, notify, wallMs } = this.#options
    const ours = all.filter(({ asideMs, owner }) => asideMs !== null && keys.includes(owner.key))
    const sinceMs = ({ asideMs }: Found): number => asideMs as number
    let kept = 0
    let removed = 0
    for (const one of ours.toSorted((a, b) => sinceMs(b) - sinceMs(a))) {
      kept += one.bytes
      const isOld = wallMs() - sinceMs(one) > asideMaxMs
      if (kept <= asideBytesShare * bytesMax && !isOld) continue
      await lane.run(() => disk.removeAll(one.path))
      removed += one.bytes
    }
    if (removed > 0) notify('SPOOL_ASIDE_REMOVED', `${removed} bytes`)
    return removed
  }

  async #inspect(path: string): Promise<Found> {
    const { disk, keys, isDead, notify, nowMs } = this.#options
    const files = await disk.list(path)
    let bytes = 0
    for (const name of files) bytes += await disk.size(`${path}/${name}`)
    const owner = (await readOwner(disk, path)) ?? nobody
    const isAside = files.includes(asideFile)
    const asideMs = isAside ? await disk.touchedMs(`${path}/${asideFile}`) : null
    const isLater = isAside || (this.#later.get(path) ?? -Infinity) > nowMs()
    const isDue = !isLater && (await isDead(path, owner))
    // Another service may share the state folder: it sends its own.
    const isForeign = owner.key !== '' && !keys.includes(owner.key)
    if (isDue && isForeign) notify('SPOOL_FOREIGN', path)
    return { path, bytes, owner, isDead: isDue && !isForeign, asideMs }
  }

  async #take(path: string, { generation, key }: Owner): Promise<void> {
    if (this.#current !== null) return
    try {
      this.#current = await this.#options.adopt(path, { generation: generation + 1, key })
    } catch (error) {
      await this.#setAside(path, error)
    }
  }

  #drop(): void {
    this.#current = null
    this.#waiting = []
    this.#next = 0
    this.#mustKeep = false
  }

  /** It may be evidence, or open with other credentials. */
  async #setAside(path: string, error: unknown): Promise<void> {
    const { disk, notify, nowMs } = this.#options
    this.#drop()
    this.#later.set(path, nowMs() + adoptRetryMs)
    if (!isDamage(error)) return
    notify('SPOOL_DAMAGED', `${path}: ${messageOf(error)}`)
    try {
      await writeNew(disk, `${path}/${asideFile}`, messageOf(error))
    } catch {
      // Then this process alone knows it.
    }
  }

  /** Reads on; or, at the end, removes the folder and looks for the next one. */
  async #fill(folder: SpoolFolder): Promise<void> {
    const { lane } = this.#options
    try {
      const from = this.#next
      const found = from < folder.end() ? await lane.run(() => folder.read(from)) : []
      // Taken from us meanwhile: what is in hand is another folder's, or nothing.
      if (this.#current !== folder) return
      this.#waiting = found
    } catch (error) {
      if (this.#current !== folder) return
      await lane.run(() => this.#setAside(folder.path, error)).catch(() => this.#drop())
    }
    if (this.#current === folder && this.#waiting.length > 0) return
    if (this.#current === folder) await this.#finish(folder)
    await this.#takeNext().catch(() => undefined)
  }

  async #finish(folder: SpoolFolder): Promise<void> {
    const { lane, areKept, nowMs } = this.#options
    const keeps = this.#mustKeep || !areKept()
    const bytes = folder.bytes()
    this.#drop()
    // With a batch in it that is nowhere else it is not set aside yet: who comes next sends it.
    if (!keeps && folder.droppedBytes > 0) {
      const lost = new SdkError('SPOOL_DAMAGED', `${folder.droppedBytes} bytes at its end`)
      await lane.run(() => this.#setAside(folder.path, lost)).catch(() => undefined)
      return
    }
    // If it cannot be removed it is sent again, and that much later.
    this.#later.set(folder.path, nowMs() + adoptRetryMs)
    try {
      await lane.run(() => (keeps ? folder.release() : folder.remove()))
    } catch {
      return
    }
    if (keeps) return
    this.#later.delete(folder.path)
    this.#foreignBytes = Math.max(0, this.#foreignBytes - bytes)
  }
}

function isDamage(error: unknown): boolean {
  if (isCode(error, 'SPOOL_DAMAGED')) return true
  return error instanceof JournalError && error.code === 'JOURNAL_CORRUPT'
}
