// The first start: a new ledger, and what the operator must keep of it. See test/receiver.test.ts.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import {
  createLedger,
  type Folders,
  type Keystore,
  LedgerError,
  ledgerExists,
  type LogPublicKeys,
  openKeystore,
  openLedger,
  readIfThere,
  readPublicKeys,
  readRootKey,
  writeDurable,
} from '@grantlog/ledger'
import { DETECT_SECRET } from '@grantlog/detect'
import { EXPORT_SECRET, exportVkey, INDEX_SECRET } from '@grantlog/query'
import { requirePlace } from './place.ts'
import type { Terminal } from './terminal.ts'

/** The keys that a tenant's producers share: kid and name in the keystore. */
export const hashKeys = { token: 't1', person: 'p1' } as const

/** Hash keys as a credentials file has them: b64u of 32 bytes. */
export interface SharedKeys {
  readonly tokenKey: { readonly kid: string; readonly k: string }
  readonly personKey: { readonly kid: string; readonly k: string }
}

/** A log's name, where none is given. */
export function newOrigin(): string {
  return `localhost/grantlog-${randomBytes(4).toString('hex')}`
}

/** Creates the ledger if there is none; two commands at once are fine. Errors: FOLDER_UNUSABLE. */
export async function ensureLedger(
  folders: Folders,
  origin: string | undefined,
): Promise<LogPublicKeys & { readonly created: boolean }> {
  if (!(await ledgerExists(folders))) {
    for (const folder of Object.values(folders) as string[]) await requirePlace(folder)
    try {
      return { ...(await createLedger(folders, origin ?? newOrigin())), created: true }
    } catch (error) {
      if (!(error instanceof LedgerError && error.code === 'LEDGER_EXISTS')) throw error
    }
  }
  return { ...(await readPublicKeys(folders.keys)), created: false }
}

/**
 * Opens the ledger once, so that a new one has its first checkpoint and can be verified. A receiver
 * that has it open has done so already.
 */
export async function publishFirst(folders: Folders): Promise<void> {
  try {
    await (await openLedger(folders)).close()
  } catch (error) {
    if (!(error instanceof LedgerError && error.code === 'LEDGER_LOCKED')) throw error
  }
}

/** Tells what to keep elsewhere, once, when the ledger is made. */
export function announceLedger(keys: LogPublicKeys, folders: Folders, terminal: Terminal): void {
  const { err, paint } = terminal
  err(`${paint.bold('A new ledger')} ${keys.origin}`)
  err(`  ${paint.green(keys.logKey)}`)
  err(`  ${paint.bold('keep this line outside this machine')}: verify --key needs it`)
  const rootKey = join(folders.keys, 'root.key')
  err(`  ${paint.yellow('note')} ${rootKey} is a file: whoever reads it reads every record.`)
  err('  Back it up apart from the ledger, and keep it from everybody else.')
}

/**
 * The hash keys from the keystore, beside a running receiver too. Made when they are not there, in
 * one short transaction.
 */
export async function readSharedKeys(folders: Folders): Promise<SharedKeys> {
  const rootKey = await readRootKey(folders.keys)
  const { origin } = await readPublicKeys(folders.keys)
  const read = async (readOnly: boolean): Promise<SharedKeys> => {
    const keystore = openKeystore(folders.keys, rootKey, { readOnly })
    try {
      const keys = sharedKeys(keystore)
      await publishExportKey(folders, { keystore, origin })
      return keys
    } finally {
      keystore.close()
    }
  }
  try {
    return await read(true)
  } catch (error) {
    // Opened to read, the keystore has no such secret yet: then make it.
    if (!(error instanceof LedgerError && error.code === 'LEDGER_NOT_FOUND')) throw error
    return read(false)
  }
}

/** Makes the hash keys if they are missing, durable when it returns. */
export function sharedKeys(keystore: Keystore): SharedKeys {
  const key = (name: keyof typeof hashKeys): { kid: string; k: string } => ({
    kid: hashKeys[name],
    k: Buffer.from(keystore.secret(name)).toString('base64url'),
  })
  const keys = { tokenKey: key('token'), personKey: key('person') }
  // Readers cannot make them.
  for (const name of [INDEX_SECRET, EXPORT_SECRET, DETECT_SECRET]) keystore.secret(name)
  keystore.flush()
  return keys
}

/** The file with the verifier key of exports, beside the other public keys. */
export function exportKeyFile(folders: Folders): string {
  return join(folders.keys, 'export.vkey')
}

/** Writes the verifier key of exports, when it is not there. */
export async function publishExportKey(
  folders: Folders,
  ledger: { readonly keystore: Keystore; readonly origin: string },
): Promise<void> {
  const file = exportKeyFile(folders)
  const text = `${exportVkey(ledger)}\n`
  const there = await readIfThere(file)
  if (there === null || Buffer.from(there).toString() !== text) await writeDurable(file, text)
}
