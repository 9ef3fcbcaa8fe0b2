// Folders of producers that ended: found, taken over one after the other, sent as they are, and
// removed when all of it has its receipts.
import { JournalError } from '@grantlog/journal'
import { SdkError } from '../../codes.ts'
import { adoptRetryMs, requestBatchesMax } from '../../limits.ts'
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
  /** Kid of the credentials. */
  readonly key: string
  /** Paths of our own folders. */
  readonly own: () => readonly string[]
  readonly isDead: (path: string, owner: Owner) => Promise<boolean>
  /** Takes a folder over; null: somebody else did. */
  readonly adopt: (path: string, generation: number) => Promise<SpoolFolder | null>
  /** Keeps a refused batch elsewhere; false: it must stay where it is. */
  readonly keep: (batch: Outgoing) => boolean
  /** Whether all that was kept so is on disk. */
  readonly areKept: () => boolean
  readonly notify: Notify
  readonly nowMs: () => number
}

/** A folder with this file in it is left alone: somebody has to look at it. */
const asideFile = 'aside'

/** Of a folder that its owner has made and not claimed yet, or has half removed. */
const nobody: Owner = { generation: -1, identity: null, key: '', touchedMs: 0 }

interface Found {
  readonly path: string
  readonly bytes: number
  readonly owner: Owner
  readonly isDead: boolean
}

/** See the head of this file. One folder at a time. */
export class Adoption implements Source {
  readonly #options: AdoptionOptions
  #current: SpoolFolder | null = null
  #waiting: Framed[] = []
  #next = 0
  #mustKeep = false
  #foreignBytes = 0
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
    const ours = own()
    const paths = names.map((name) => `${root}/${name}`).filter((path) => !ours.includes(path))
    const dead: Found[] = []
    let bytes = 0
    for (const path of paths) {
      if (path === this.#current?.path) continue
      // A folder may go while it is looked at: somebody else has sent it.
      const found = await lane.run(() => this.#inspect(path)).catch(() => null)
      bytes += found?.bytes ?? 0
      if (found !== null && found.isDead) dead.push(found)
    }
    this.#foreignBytes = bytes
    dead.sort((a, b) => a.owner.touchedMs - b.owner.touchedMs)
    for (const { path, owner } of dead) {
      await lane.run(() => this.#take(path, owner.generation + 1))
    }
  }

  async #inspect(path: string): Promise<Found> {
    const { disk, key, isDead, notify, nowMs } = this.#options
    const files = await disk.list(path)
    let bytes = 0
    for (const name of files) bytes += await disk.size(`${path}/${name}`)
    const owner = (await readOwner(disk, path)) ?? nobody
    const isLater = files.includes(asideFile) || (this.#later.get(path) ?? -Infinity) > nowMs()
    const isDue = !isLater && (await isDead(path, owner))
    // Another service may share the state folder: it sends its own.
    const isForeign = owner.key !== '' && owner.key !== key
    if (isDue && isForeign) notify('SPOOL_FOREIGN', path)
    return { path, bytes, owner, isDead: isDue && !isForeign }
  }

  async #take(path: string, generation: number): Promise<void> {
    if (this.#current !== null) return
    try {
      this.#current = await this.#options.adopt(path, generation)
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

  /** Never removed: it may be evidence, or open with other credentials. */
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
    await this.scan()
  }

  async #finish(folder: SpoolFolder): Promise<void> {
    const { lane, areKept, nowMs } = this.#options
    const keeps = this.#mustKeep || !areKept()
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
    if (!keeps) this.#later.delete(folder.path)
  }
}

function isDamage(error: unknown): boolean {
  if (isCode(error, 'SPOOL_DAMAGED')) return true
  return error instanceof JournalError && error.code === 'JOURNAL_CORRUPT'
}
