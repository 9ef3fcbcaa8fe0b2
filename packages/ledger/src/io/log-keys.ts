// The log's own keys, as files of the keys folder: one signs checkpoints, one receipts, and the
// root key wraps the keystore. Private ones are 0600. See ledger.test.ts.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import {
  ed25519Signer,
  formatVkey,
  KEY_TYPE_ED25519,
  noteKeyId,
  type NoteSigner,
  parseVkey,
} from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { ed25519Sign, generateEd25519, importEd25519, sha256 } from '../crypto.ts'
import { receiptKeyName } from '../format/receipt.ts'
import type { Files } from '@grantlog/journal'
import {
  localFiles,
  makeFolder,
  readIfThere,
  syncFolder,
  writeDurable,
  writeSynced,
} from './durable.ts'

/** What signs for a log. */
export interface LogSigners {
  readonly log: NoteSigner
  readonly receipt: NoteSigner
}

/** What anybody may know: the verifier keys (signed-note vkeys). `origin` is the log key's name. */
export interface LogPublicKeys {
  readonly origin: string
  readonly logKey: string
  readonly receiptKey: string
}

/** A keys folder. */
interface Place {
  readonly folder: string
  readonly files: Files
}

/** Creates the root key, over one that is there: only for a ledger that was never used. */
export async function createRootKey(
  folder: string,
  files: Files = localFiles,
): Promise<Uint8Array> {
  await makeFolder(folder, 0o700, files)
  const key = randomBytes(32)
  const text = `${key.toString('base64')}\n`
  await writeDurable(join(folder, 'root.key'), text, { mode: 0o600, files })
  return key
}

/**
 * Creates the keys that sign. A crash leaves no log.vkey, and everything is created again: that
 * file is written last, once all others are durable, and without it there is no ledger.
 */
export async function createLogKeys(
  folder: string,
  origin: string,
  files: Files = localFiles,
): Promise<LogPublicKeys> {
  const receiptKey = await createNoteKey({ folder, files }, 'receipt', receiptKeyName(origin))
  await writeSynced(join(folder, 'receipt.vkey'), `${receiptKey}\n`, { files })
  const logKey = await createNoteKey({ folder, files }, 'log', origin)
  await syncFolder(folder, files)
  await writeDurable(join(folder, 'log.vkey'), `${logKey}\n`, { files })
  return { origin, logKey, receiptKey }
}

export async function readRootKey(folder: string, files: Files = localFiles): Promise<Uint8Array> {
  const text = await readText(join(folder, 'root.key'), files)
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32) throw new LedgerError('KEYSTORE_DAMAGED', 'root.key is not 32 bytes')
  return key
}

export async function readPublicKeys(
  folder: string,
  files: Files = localFiles,
): Promise<LogPublicKeys> {
  const logKey = await readText(join(folder, 'log.vkey'), files)
  const receiptKey = await readText(join(folder, 'receipt.vkey'), files)
  return { origin: parseVkey(logKey, sha256).name, logKey, receiptKey }
}

export async function readSigners(folder: string, files: Files = localFiles): Promise<LogSigners> {
  const log = await readNoteKey({ folder, files }, 'log')
  return { log, receipt: await readNoteKey({ folder, files }, 'receipt') }
}

/**
 * Writes a new private key, and returns its vkey. The file is in golang.org/x/mod/sumdb/note's
 * form, so that its tools can use it.
 */
async function createNoteKey(
  { files, folder }: Place,
  file: string,
  name: string,
): Promise<string> {
  const { jwk, publicKey } = generateEd25519()
  const key = { name, type: KEY_TYPE_ED25519, publicKey }
  const id = noteKeyId(key, sha256).toString(16).padStart(8, '0')
  const seed = Buffer.concat([Uint8Array.of(KEY_TYPE_ED25519), Buffer.from(jwk.d, 'base64url')])
  const secret = `PRIVATE+KEY+${name}+${id}+${seed.toString('base64')}\n`
  const vkey = formatVkey(key, sha256)
  await writeSynced(join(folder, `${file}.key`), secret, { mode: 0o600, files })
  return vkey
}

async function readNoteKey({ files, folder }: Place, file: string): Promise<NoteSigner> {
  const vkey = parseVkey(await readText(join(folder, `${file}.vkey`), files), sha256)
  const secret = await readText(join(folder, `${file}.key`), files)
  const [, name, base64] = /^PRIVATE\+KEY\+(.+)\+[0-9a-f]{8}\+(.+)$/.exec(secret) ?? []
  const seed = Buffer.from(base64 ?? '', 'base64').subarray(1)
  const jwk = {
    crv: 'Ed25519',
    d: seed.toString('base64url'),
    kty: 'OKP',
    x: Buffer.from(vkey.publicKey).toString('base64url'),
  } as const
  const { privateKey, publicKey } = importEd25519(jwk)
  if (name !== vkey.name || Buffer.compare(publicKey, vkey.publicKey) !== 0) {
    throw new LedgerError('KEYSTORE_DAMAGED', `${file}.key and ${file}.vkey do not belong together`)
  }
  const sign = (data: Uint8Array): Uint8Array => ed25519Sign(privateKey, data)
  return ed25519Signer({ name, publicKey, sign }, sha256)
}

async function readText(path: string, files: Files): Promise<string> {
  const bytes = await readIfThere(path, files)
  if (!bytes) throw new LedgerError('LEDGER_MISSING', `there is no ledger: no ${path}`)
  return new TextDecoder().decode(bytes).trim()
}

/** True when a log was created in this keys folder. */
export async function hasLogKeys(folder: string, files: Files = localFiles): Promise<boolean> {
  return (await readIfThere(join(folder, 'log.vkey'), files)) !== null
}
