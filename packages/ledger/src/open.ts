// Creating a ledger, and opening one for writing: what must hold before anything is signed again.
import { openJournal } from '@grantlog/journal'
import { base64url } from '@grantlog/record'
import { loadFrontier } from '@grantlog/tlog'
import { LedgerError } from './codes.ts'
import { commitFolder, type Folders } from './folders.ts'
import { makeFolder } from './io/durable.ts'
import { openKeystore } from './io/keystore.ts'
import {
  createLogKeys,
  hasLogKeys,
  type LogPublicKeys,
  readPublicKeys,
  readRootKey,
  readSigners,
} from './io/log-keys.ts'
import { type LockedCheckpoint, openLockStore } from './io/lock-store.ts'
import { type TileStore, tileStore } from './io/tiles.ts'
import { Ledger, type LedgerOptions, type LedgerParts } from './ledger.ts'
import { Sealer } from './seal/sealer.ts'

/** Creates an empty ledger with new keys. Throws LEDGER_EXISTS when there is one. */
export async function createLedger(folders: Folders, origin: string): Promise<LogPublicKeys> {
  const created = [commitFolder(folders), folders.queue, folders.index]
  for (const folder of created) await makeFolder(folder)
  return createLogKeys(folders.keys, origin)
}

/** True when a ledger was created with these folders. */
export async function ledgerExists(folders: Folders): Promise<boolean> {
  return hasLogKeys(folders.keys)
}

/**
 * Opens a ledger for writing: takes the process lock, compares the folder with the newest
 * checkpoint in the lock store, and goes on where the last process ended.
 *
 * Throws LEDGER_MISSING, LEDGER_LOCKED, LEDGER_ROLLED_BACK (the folder is older than the newest
 * signed checkpoint: never sign a second history), LEDGER_DAMAGED.
 */
export async function openLedger(folders: Folders, options: LedgerOptions = {}): Promise<Ledger> {
  const keys = await readPublicKeys(folders.keys)
  const opened: (() => unknown)[] = []
  try {
    const lock = await openLockStore(folders.lock, keys.origin)
    opened.push(() => lock.close())
    const keystore = openKeystore(folders.keys, await readRootKey(folders.keys))
    opened.push(() => keystore.close())
    const journal = await openJournal({ directory: commitFolder(folders) })
    opened.push(() => journal.close())
    const tiles = tileStore(folders.ledger)
    const { log, receipt } = await readSigners(folders.keys)
    const parts = { keys, lock, keystore, journal, tiles, log, receipt }
    const size = (await requireNewest(parts))?.size ?? 0
    const sealer = await Sealer.load({ origin: keys.origin, tiles, lock, signer: log }, size)
    const ledger = new Ledger(parts, sealer, options)
    await ledger.recover()
    return ledger
  } catch (error) {
    for (const close of opened.toReversed()) await close()
    throw error
  }
}

/**
 * The newest checkpoint, after comparing the folder with it. The lock store remembers what was
 * signed last; a folder that has less, or another tree, must not be signed again.
 */
async function requireNewest(parts: LedgerParts): Promise<LockedCheckpoint | null> {
  const { journal, lock, tiles } = parts
  const newest = lock.checkpoint
  const published = await tiles.checkpoint()
  if (!newest) {
    if (published || journal.next > 0) {
      throw rolledBack('there is a ledger, but the lock store does not know it')
    }
    return null
  }
  const root = await rootOf(tiles, newest.size)
  if (root !== newest.root) {
    throw rolledBack(`the tiles do not have the root of the checkpoint at size ${newest.size}`)
  }
  // A crash between swap and publication: the lock store is ahead of the folder.
  if (!published || new TextDecoder().decode(published) !== newest.note) {
    await tiles.publish(newest.note)
  }
  return newest
}

async function rootOf(tiles: TileStore, size: number): Promise<string | null> {
  try {
    return base64url((await loadFrontier(tiles.reader(size), size)).root())
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'LEDGER_DAMAGED') return null
    throw error
  }
}

function rolledBack(message: string): LedgerError {
  return new LedgerError('LEDGER_ROLLED_BACK', message)
}
