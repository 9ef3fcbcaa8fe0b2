// Whose a spool folder is: files `owner-0`, `owner-1`, … in it. Who makes the next one, which only
// one can, has taken it over; who had it before notices, and goes on in a new folder.
//
// Two who send one folder, for a misjudged death, send the same signed bytes: nothing but work.
import { adoptFoldersMax, leaseMs, ownerBytesMax } from '../../limits.ts'
import { readText, type SpoolDisk, writeNew } from './disk.ts'

/** A thread of a process, as others can see whether it lives. Empty strings: not known here. */
export interface Identity {
  readonly pid: number
  /** 0: the main thread, which lives as long as the process. */
  readonly thread: number
  /** When the process began, as the system counts it: pids come again. */
  readonly started: string
  /** Of the running kernel. */
  readonly boot: string
  /** Within which its pid means something. */
  readonly namespace: string
}

/** Who looks, and what the system tells. */
export interface Witness {
  readonly self: Identity
  /** `started` of a process that runs in our pid namespace; null: none has this pid. */
  readonly startedOf: (pid: number) => Promise<string | null>
  /** Unix milliseconds. */
  readonly wallMs: () => number
  /** Monotonic. */
  readonly nowMs: () => number
}

export interface Owner {
  /** Of the file that says so. */
  readonly generation: number
  /** null: unreadable. `released`: nobody's any more. */
  readonly identity: Identity | 'released' | null
  /** Of the credentials that open the folder; empty: unknown. */
  readonly key: string
  readonly touchedMs: number
}

export const released = 'released'

/** `owner-12` */
export function ownerFile(generation: number): string {
  return `owner-${generation}`
}

/** What the owner file says. */
export function ownerText(identity: Identity | typeof released, key: string): string {
  return JSON.stringify(identity === released ? { released: true, key } : { ...identity, key })
}

/** The newest owner of a folder with these names in it; null: it has none. */
export async function readOwner(disk: SpoolDisk, folder: string): Promise<Owner | null> {
  const generation = newestOwner(await disk.list(folder))
  if (generation === -1) return null
  const path = `${folder}/${ownerFile(generation)}`
  const said = parse(await readText(disk, path, ownerBytesMax))
  return { generation, ...said, touchedMs: await disk.touchedMs(path) }
}

/** The number of the newest owner file among these names; -1: none. */
export function newestOwner(names: readonly string[]): number {
  const found = names.flatMap((name) => /^owner-(\d{1,9})$/.exec(name)?.[1] ?? [])
  return Math.max(-1, ...found.map(Number))
}

/** Makes the folder ours; false: somebody else was faster. */
export function claim(
  disk: SpoolDisk,
  folder: string,
  by: { readonly generation: number; readonly self: Identity; readonly key: string },
): Promise<boolean> {
  return writeNew(disk, `${folder}/${ownerFile(by.generation)}`, ownerText(by.self, by.key))
}

/**
 * Who is dead. In our pid namespace the system knows it exactly. Of others, and of a thread of a
 * living process, there is a lease by the time of the file: it is over when it was seen unchanged
 * for that long, or by the clock where both have the same one.
 */
export function createJudge(witness: Witness): (folder: string, owner: Owner) => Promise<boolean> {
  const { self } = witness
  const seen = new Map<string, { readonly touchedMs: number; readonly sinceMs: number }>()

  function isLeaseOver(folder: string, { touchedMs }: Owner, sameClock: boolean): boolean {
    if (sameClock && witness.wallMs() - touchedMs > leaseMs) return true
    const before = seen.get(folder)
    if (before?.touchedMs === touchedMs) return witness.nowMs() - before.sinceMs > leaseMs
    // Folders come and go: of those that are gone nothing is kept.
    if (seen.size >= adoptFoldersMax) seen.clear()
    seen.set(folder, { touchedMs, sinceMs: witness.nowMs() })
    return false
  }

  return async (folder, owner) => {
    const { identity } = owner
    if (identity === released) return true
    if (identity === null) return isLeaseOver(folder, owner, false)
    // Taken over by us, and then not read: nobody else will.
    if (ownerText(identity, '') === ownerText(self, '')) return true
    const sameBoot = identity.boot !== '' && identity.boot === self.boot
    if (sameBoot && identity.namespace !== '' && identity.namespace === self.namespace) {
      const started = await witness.startedOf(identity.pid)
      if (started === null || started !== identity.started) return true
      if (identity.thread === 0) return false
    }
    return isLeaseOver(folder, owner, sameBoot)
  }
}

function parse(text: string): Pick<Owner, 'identity' | 'key'> {
  try {
    const json = JSON.parse(text) as Record<string, unknown>
    const { pid, thread, started, boot, namespace } = json
    const key = typeof json.key === 'string' ? json.key : ''
    if (json.released === true) return { identity: released, key }
    const isWhole =
      [pid, thread].every((one) => typeof one === 'number') &&
      [started, boot, namespace].every((one) => typeof one === 'string')
    if (!isWhole) return { identity: null, key }
    return { identity: { pid, thread, started, boot, namespace } as Identity, key }
  } catch {
    return { identity: null, key: '' }
  }
}
