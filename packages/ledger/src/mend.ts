// Puts back files of the public log that are gone, out of the commits: sealing is a pure function
// of them. Only when the commits have the root that was signed last; what lies there and differs
// stays, for it is evidence. See mend.test.ts.
import { join } from 'node:path'
import { base64url, equalBytes } from '@grantlog/record'
import { type Journal, openJournal } from '@grantlog/journal'
import { TILE_WIDTH } from '@grantlog/tlog'
import { committedEntry } from './commit/group.ts'
import type { CommittedEntry } from './commit/items.ts'
import { type LogEnd, readCommit } from './commit/replay.ts'
import { commitFolder, type Folders } from './folders.ts'
import { type Disk, localDisk } from './io/disk.ts'
import { readIfThere } from './io/durable.ts'
import { hasLockStore, type LockedCheckpoint, openLockStore } from './io/lock-store.ts'
import { readPublicKeys } from './io/log-keys.ts'
import { type TileStore, tileStore } from './io/tiles.ts'
import { rolledBack } from './open.ts'
import { Edge } from './seal/edge.ts'

export interface Mended {
  /** Entries of the log that was signed last. */
  readonly size: number
  /** Files that were gone and are there again. */
  readonly written: number
  /** Files that are otherwise than they should be, and stayed so: how many, and the first. */
  readonly differing: number
  readonly firstDiffering: readonly string[]
}

/** Differing files that are named. */
const namedMax = 10
/** Entries that become tiles at once: some MiB. */
const chunkEntries = 16 * TILE_WIDTH

type MendedFiles = ReadonlyMap<string, Uint8Array>

/**
 * For a ledger that nobody has open. `onProgress`: entries done, of all; each is read twice. Throws
 * LEDGER_MISSING, LEDGER_LOCKED, LEDGER_ROLLED_BACK (the commits are fewer or others than were
 * signed, or no lock store is there), LEDGER_DAMAGED, LEDGER_FULL, JournalError.
 */
export async function mendLedger(
  folders: Folders,
  onProgress: (done: number, total: number) => void = () => undefined,
  disk: Disk = localDisk,
): Promise<Mended> {
  const { files } = disk
  const { origin } = await readPublicKeys(folders.keys, files)
  if (!hasLockStore(folders.lock, disk)) throw rolledBack('there is no lock store')
  const lock = await openLockStore(folders.lock, origin, disk)
  try {
    const { checkpoint } = lock
    if (checkpoint === null) throw rolledBack('the lock store has no checkpoint')
    const journal = await openJournal({ directory: commitFolder(folders), files, readOnly: true })
    const tiles = tileStore(folders.ledger, files)
    try {
      return await mendFrom(journal, tiles, { checkpoint, folders, onProgress, disk })
    } finally {
      await tiles.close()
      await journal.close()
    }
  } finally {
    lock.close()
  }
}

interface MendOptions {
  readonly checkpoint: LockedCheckpoint
  readonly folders: Folders
  readonly onProgress: (done: number, total: number) => void
  readonly disk: Disk
}

async function mendFrom(
  journal: Journal,
  tiles: TileStore,
  { checkpoint, disk, folders, onProgress }: MendOptions,
): Promise<Mended> {
  const { note, size } = checkpoint
  await requireRoot(journal, tiles, checkpoint, (done) => onProgress(done, 2 * size))
  const put = putter(folders.ledger, tiles, disk)
  await build(journal, tiles, size, async (made, done) => {
    await put.files(made)
    onProgress(size + done, 2 * size)
  })
  if ((await tiles.checkpoint()) === null) {
    await tiles.publish(note)
    put.done.written++
  }
  return { size, ...put.done }
}

/** Before anything is written. */
async function requireRoot(
  journal: Journal,
  tiles: TileStore,
  { root, size }: LockedCheckpoint,
  onDone: (done: number) => void,
): Promise<void> {
  const edge = await build(journal, tiles, size, (_, done) => {
    onDone(done)
    return Promise.resolve()
  })
  if (edge.size < size)
    throw rolledBack(`the commits have ${edge.size} leaves, ${size} were signed`)
  if (base64url(edge.root()) !== root) {
    throw rolledBack(`the commits do not have the root that was signed of ${size} leaves`)
  }
}

/** The tree of the first `size` leaves, or of all there are, anew; `take` gets its files. */
async function build(
  journal: Journal,
  tiles: TileStore,
  size: number,
  take: (files: MendedFiles, done: number) => Promise<void>,
): Promise<Edge> {
  const edge = await Edge.load(tiles, 0)
  let waiting: CommittedEntry[] = []
  let end: LogEnd = { size: 0, receivedAt: 0 }
  for await (const { number, payload } of journal.read(journal.first)) {
    if (end.size >= size) break
    const { entries, leaves } = readCommit(number, payload, end)
    for (const [at, entry] of entries.entries()) {
      waiting.push(committedEntry(end.size + at, entry))
    }
    end = { size: end.size + entries.length, receivedAt: leaves[0]!.receivedAt }
    const whole = waiting.length - (waiting.length % TILE_WIDTH)
    if (whole < chunkEntries || end.size >= size) continue
    const made = edge.append(waiting.slice(0, whole))
    waiting = waiting.slice(whole)
    await take(new Map([...made].filter(([path]) => !isPartial(path))), edge.size)
  }
  if (end.size > size) throw rolledBack(`a checkpoint of ${size} leaves ends inside a commit`)
  await take(edge.append(waiting), edge.size)
  return edge
}

/** Of the size in between, which the next part makes wider. */
const isPartial = (path: string): boolean => path.includes('.p/')

interface Putter {
  readonly done: { written: number; differing: number; readonly firstDiffering: string[] }
  files(made: MendedFiles): Promise<void>
}

function putter(folder: string, tiles: TileStore, { files }: Disk): Putter {
  const done: Putter['done'] = { written: 0, differing: 0, firstDiffering: [] }
  return {
    done,
    async files(made) {
      const gone = new Map<string, Uint8Array>()
      for (const [path, bytes] of made) {
        const there = await readIfThere(join(folder, path), files)
        if (there === null) gone.set(path, bytes)
        else if (!equalBytes(there, bytes)) {
          done.differing++
          if (done.firstDiffering.length < namedMax) done.firstDiffering.push(path)
        }
      }
      await tiles.write(gone)
      done.written += gone.size
    },
  }
}
