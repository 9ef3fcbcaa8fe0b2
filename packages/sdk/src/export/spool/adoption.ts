// Folders of producers that ended: found, taken over one after the other, sent as they are, and
// removed when all of it has its receipts.
import { JournalError } from '@grantlog/journal'
import { adoptRetryMs } from '../../limits.ts'
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
  /** Paths of our own folders. */
  readonly own: () => readonly string[]
  readonly isDead: (path: string, owner: Owner) => Promise<boolean>
  /** Takes a folder over; null: somebody else did. */
  readonly adopt: (path: string, generation: number) => Promise<SpoolFolder | null>
  /** Keeps a refused batch elsewhere; false: it must stay where it is. */
  readonly keep: (batch: Outgoing, reason: string) => boolean
  /** Whether all that was kept so is on disk. */
  readonly areKept: () => boolean
  readonly notify: Notify
  readonly nowMs: () => number
}

export interface Adoption extends Source {
  /** Looks for folders of the dead. Never rejects. */
  readonly scan: () => Promise<void>
  /** Says of what we have taken that we live. */
  readonly renew: () => Promise<void>
  /** Bytes of folders that are not ours, as of the last scan. */
  readonly foreignBytes: () => number
  /** What we have taken over, to be let go at the end. */
  readonly held: () => SpoolFolder | null
}

/** A folder with this file in it is left alone: somebody has to look at it. */
const asideFile = 'aside'

/** Of a folder that its owner has made and not claimed yet, or has half removed. */
const nobody: Owner = { generation: -1, identity: null, touchedMs: 0 }

interface Found {
  readonly path: string
  readonly bytes: number
  readonly owner: Owner
  readonly isDead: boolean
}

/** See the head of this file. */
export function createAdoption(options: AdoptionOptions): Adoption {
  const { disk, lane, root, notify } = options
  let current: SpoolFolder | null = null
  let waiting: Framed[] = []
  let next = 0
  let mustKeep = false
  let foreignBytes = 0
  /** Not to be tried before, by path. */
  const later = new Map<string, number>()

  async function look(): Promise<void> {
    const names = await lane.run(() => disk.folders(root))
    const own = options.own()
    const paths = names.map((name) => `${root}/${name}`).filter((path) => !own.includes(path))
    const dead: Found[] = []
    let bytes = 0
    for (const path of paths) {
      if (path === current?.path) continue
      // A folder may go while it is looked at: somebody else has sent it.
      const found = await lane.run(() => inspect(path)).catch(() => null)
      bytes += found?.bytes ?? 0
      if (found !== null && found.isDead) dead.push(found)
    }
    foreignBytes = bytes
    dead.sort((a, b) => a.owner.touchedMs - b.owner.touchedMs)
    for (const { path, owner } of dead) {
      if (current === null) await lane.run(() => take(path, owner.generation + 1))
    }
  }

  async function inspect(path: string): Promise<Found> {
    const files = await disk.list(path)
    let bytes = 0
    for (const name of files) bytes += await disk.size(`${path}/${name}`)
    const owner = (await readOwner(disk, path)) ?? nobody
    const isLater = files.includes(asideFile) || (later.get(path) ?? -Infinity) > options.nowMs()
    return { path, bytes, owner, isDead: !isLater && (await options.isDead(path, owner)) }
  }

  async function take(path: string, generation: number): Promise<void> {
    try {
      current = await options.adopt(path, generation)
      waiting = []
      next = 0
      mustKeep = false
    } catch (error) {
      await setAside(path, error)
    }
  }

  /** Never removed: it may be evidence, or open with other credentials. */
  async function setAside(path: string, error: unknown): Promise<void> {
    current = null
    later.set(path, options.nowMs() + adoptRetryMs)
    if (!isDamage(error)) return
    notify('SPOOL_DAMAGED', `${path}: ${messageOf(error)}`)
    await writeNew(disk, `${path}/${asideFile}`, messageOf(error)).catch(() => undefined)
  }

  async function fill(folder: SpoolFolder): Promise<void> {
    try {
      if (next < folder.end()) waiting = await lane.run(() => folder.read(next))
    } catch (error) {
      await lane.run(() => setAside(folder.path, error)).catch(() => (current = null))
    }
    if (current !== folder || waiting.length > 0) return
    current = null
    const keeps = mustKeep || !options.areKept()
    if (keeps) later.set(folder.path, options.nowMs() + adoptRetryMs)
    await lane.run(() => (keeps ? folder.release() : folder.remove())).catch(() => undefined)
    await scan()
  }

  function scan(): Promise<void> {
    return look().catch(() => undefined)
  }

  function pass(): void {
    const first = waiting.shift()
    if (first !== undefined) next = first.frame + 1
  }

  return {
    peek: async () => {
      while (waiting.length === 0 && current !== null) await fill(current)
      return waiting[0]?.batch ?? null
    },
    done: pass,
    refuse: (batch, reason) => {
      if (!options.keep(batch, reason)) mustKeep = true
      pass()
    },
    scan,
    renew: async () => {
      const folder = current
      if (folder === null) return
      // Somebody else has taken it from us: it is theirs to send.
      await lane
        .run(() => folder.renew())
        .catch(() => {
          if (current === folder) current = null
          waiting = []
        })
    },
    foreignBytes: () => foreignBytes,
    held: () => current,
  }
}

function isDamage(error: unknown): boolean {
  if (isCode(error, 'SPOOL_DAMAGED')) return true
  return error instanceof JournalError && error.code === 'JOURNAL_CORRUPT'
}
