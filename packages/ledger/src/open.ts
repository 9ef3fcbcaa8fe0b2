// Creating a ledger, and opening one for writing: what must hold before anything is signed again.
import {
  type Ballast,
  type Files,
  openBallast,
  openJournal,
  releaseBallast,
} from '@grantlog/journal'
import { base64url } from '@grantlog/record'
import { loadFrontier } from '@grantlog/tlog'
import { LedgerError } from './codes.ts'
import { ballastsOf, commitFolder, type Folders, snapshotPath } from './folders.ts'
import { type Disk, localDisk } from './io/disk.ts'
import { makeFolder, namesIn, syncFolder } from './io/durable.ts'
import { createKeystore, openKeystore } from './io/keystore.ts'
import {
  createLogKeys,
  createRootKey,
  hasLogKeys,
  type LogPublicKeys,
  readPublicKeys,
  readRootKey,
  readSigners,
} from './io/log-keys.ts'
import {
  hasLockStore,
  type LockedCheckpoint,
  type LockStore,
  openLockStore,
  whileCreating,
} from './io/lock-store.ts'
import { snapshotFile } from './io/snapshot-file.ts'
import { type TileStore, tileStore } from './io/tiles.ts'
import { Ledger, type LedgerOptions } from './ledger.ts'
import { smallBallastBytes } from './limits.ts'
import { isFull } from './seal/loop.ts'
import { Sealer } from './seal/sealer.ts'

/**
 * Creates an empty ledger with new keys. Throws LEDGER_EXISTS when there is one. What a crash in
 * here left is created again; LEDGER_DAMAGED when it has been used since, and lost its log.vkey.
 */
export async function createLedger(
  folders: Folders,
  origin: string,
  disk: Disk = localDisk,
): Promise<LogPublicKeys> {
  const { databases, files } = disk
  await requireNone(folders, disk)
  const create = async (): Promise<LogPublicKeys> => {
    await requireNone(folders, disk)
    const commits = await namesIn(commitFolder(folders), files)
    if (hasLockStore(folders.lock, disk) || commits.length > 0) {
      throw new LedgerError('LEDGER_DAMAGED', `a ledger is there, but not ${folders.keys}/log.vkey`)
    }
    const created = [commitFolder(folders), folders.queue, folders.index]
    for (const folder of created) await makeFolder(folder, undefined, files)
    createKeystore(folders.keys, await createRootKey(folders.keys, files), databases)
    return createLogKeys(folders.keys, origin, files)
  }
  return whileCreating(folders.lock, create, disk)
}

async function requireNone(folders: Folders, { files }: Disk): Promise<void> {
  if (!(await hasLogKeys(folders.keys, files))) return
  throw new LedgerError('LEDGER_EXISTS', 'there are log keys already')
}

/** True when a ledger was created with these folders. */
export async function ledgerExists(
  folders: Folders,
  { files }: Disk = localDisk,
): Promise<boolean> {
  return hasLogKeys(folders.keys, files)
}

/**
 * Opens a ledger for writing: takes the process lock, compares the folder with the newest
 * checkpoint in the lock store, and goes on where the last process ended.
 *
 * Throws LEDGER_MISSING, LEDGER_LOCKED, LEDGER_ROLLED_BACK (the folder is older than the newest
 * signed checkpoint: never sign a second history), LEDGER_DAMAGED, KEYSTORE_DAMAGED, LEDGER_FULL.
 */
export async function openLedger(
  folders: Folders,
  options: LedgerOptions = {},
  disk: Disk = localDisk,
): Promise<Ledger> {
  try {
    return await tryOpen(folders, options, disk)
  } catch (error) {
    // Even to open it, a lock store writes a little.
    if (!isFull(error) || !(await releaseBallasts(folders, disk))) throw error
    return tryOpen(folders, options, disk)
  }
}

/** True when there was one to give up. */
async function releaseBallasts(folders: Folders, { files }: Disk): Promise<boolean> {
  const { large, small } = ballastsOf(folders)
  const released: boolean[] = []
  for (const path of [large, ...small]) released.push(await releaseBallast(path, files))
  return released.includes(true)
}

async function openBallasts(folders: Folders, bytes: number, { files }: Disk): Promise<Ballast[]> {
  if (bytes === 0) return []
  const { large, small } = ballastsOf(folders)
  const ballasts = [await openBallast({ path: large, bytes, files })]
  for (const path of small) {
    ballasts.push(await openBallast({ path, bytes: smallBallastBytes, files }))
  }
  return ballasts
}

async function tryOpen(folders: Folders, options: LedgerOptions, disk: Disk): Promise<Ledger> {
  const { databases, files } = disk
  const keys = await readPublicKeys(folders.keys, files)
  // Who created it may have been killed before log.vkey, the last of its files, was durable.
  await syncFolder(folders.keys, files)
  const opened: { close(): unknown }[] = []
  try {
    const lock = await openLockStore(folders.lock, keys.origin, disk)
    opened.push(lock)
    const tiles = tileStore(folders.ledger, files, disk.wholeFiles?.())
    opened.push(tiles)
    const newest = await requireNewest(lock, tiles)
    const { log, receipt } = await readSigners(folders.keys, files)
    const sealer = await Sealer.load(
      { origin: keys.origin, tiles, lock, signer: log },
      newest?.size ?? 0,
    )
    if (!newest) await requireNoCommits(commitFolder(folders), files)
    const keystore = openKeystore(folders.keys, await readRootKey(folders.keys, files), {
      databases,
    })
    opened.push(keystore)
    // Opened only now: it cuts off what a crash tore, and a folder that is refused stays as it is.
    const journal = await openJournal({ directory: commitFolder(folders), files })
    opened.push(journal)
    const ballasts = await openBallasts(folders, options.ballastBytes ?? 0, disk)
    const snapshot = snapshotFile(snapshotPath(folders), files)
    const ledger = new Ledger(
      { keys, lock, keystore, journal, tiles, snapshot, log, receipt, ballasts },
      sealer,
      options,
    )
    await ledger.recover()
    return ledger
  } catch (error) {
    await closeAll(opened)
    throw error
  }
}

/** Closes the latest first; what fails must not keep the lock, nor hide why opening failed. */
async function closeAll(opened: readonly { close(): unknown }[]): Promise<void> {
  for (const part of opened.toReversed()) {
    try {
      await part.close()
    } catch {
      continue
    }
  }
}

/**
 * The newest checkpoint, after comparing the folder with it. The lock store remembers what was
 * signed last; a folder that has less, or another tree, must not be signed again.
 */
async function requireNewest(lock: LockStore, tiles: TileStore): Promise<LockedCheckpoint | null> {
  const newest = lock.checkpoint
  if (!newest) {
    if (await tiles.checkpoint()) throw unknownLedger()
    return null
  }
  const root = await rootOf(tiles, newest.size)
  if (root !== newest.root) {
    throw rolledBack(`the tiles do not have the root of the checkpoint at size ${newest.size}`)
  }
  return newest
}

async function requireNoCommits(directory: string, files: Files): Promise<void> {
  if ((await namesIn(directory, files)).length === 0) return
  const journal = await openJournal({ directory, files, readOnly: true })
  await journal.close()
  if (journal.next > 0) throw unknownLedger()
}

function unknownLedger(): LedgerError {
  return rolledBack('there is a ledger, but the lock store does not know it')
}

async function rootOf(tiles: TileStore, size: number): Promise<string | null> {
  try {
    return base64url((await loadFrontier(tiles.reader(size), size)).root())
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'LEDGER_DAMAGED') return null
    throw error
  }
}

/** Said of a ledger that is not the one that was signed last. */
export function rolledBack(message: string): LedgerError {
  return new LedgerError('LEDGER_ROLLED_BACK', message)
}
