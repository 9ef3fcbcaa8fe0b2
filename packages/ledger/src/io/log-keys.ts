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
import { makeFolder, readIfThere, syncFolder, writeDurable, writeSynced } from './durable.ts'

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

/** Creates the root key, over one that is there: only for a ledger that was never used. */
export async function createRootKey(folder: string): Promise<Uint8Array> {
  await makeFolder(folder, 0o700)
  const key = randomBytes(32)
  await writeDurable(join(folder, 'root.key'), `${key.toString('base64')}\n`, { mode: 0o600 })
  return key
}

/**
 * Creates the keys that sign. A crash leaves no log.vkey, and everything is created again: that
 * file is written last, once all others are durable, and without it there is no ledger.
 */
export async function createLogKeys(folder: string, origin: string): Promise<LogPublicKeys> {
  const receiptKey = await createNoteKey(folder, 'receipt', receiptKeyName(origin))
  await writeSynced(join(folder, 'receipt.vkey'), `${receiptKey}\n`)
  const logKey = await createNoteKey(folder, 'log', origin)
  await syncFolder(folder)
  await writeDurable(join(folder, 'log.vkey'), `${logKey}\n`)
  return { origin, logKey, receiptKey }
}

export async function readRootKey(folder: string): Promise<Uint8Array> {
  const text = await readText(join(folder, 'root.key'))
  const key = Buffer.from(text, 'base64')
  if (key.length !== 32) throw new LedgerError('KEYSTORE_DAMAGED', 'root.key is not 32 bytes')
  return key
}

export async function readPublicKeys(folder: string): Promise<LogPublicKeys> {
  const logKey = await readText(join(folder, 'log.vkey'))
  const receiptKey = await readText(join(folder, 'receipt.vkey'))
  return { origin: parseVkey(logKey, sha256).name, logKey, receiptKey }
}

export async function readSigners(folder: string): Promise<LogSigners> {
  const [log, receipt] = [await readNoteKey(folder, 'log'), await readNoteKey(folder, 'receipt')]
  return { log, receipt }
}

/**
 * Writes a new private key, and returns its vkey. The file is in golang.org/x/mod/sumdb/note's
 * form, so that its tools can use it.
 */
async function createNoteKey(folder: string, file: string, name: string): Promise<string> {
  const { jwk, publicKey } = generateEd25519()
  const key = { name, type: KEY_TYPE_ED25519, publicKey }
  const id = noteKeyId(key, sha256).toString(16).padStart(8, '0')
  const seed = Buffer.concat([Uint8Array.of(KEY_TYPE_ED25519), Buffer.from(jwk.d, 'base64url')])
  const secret = `PRIVATE+KEY+${name}+${id}+${seed.toString('base64')}\n`
  const vkey = formatVkey(key, sha256)
  await writeSynced(join(folder, `${file}.key`), secret, { mode: 0o600 })
  return vkey
}

async function readNoteKey(folder: string, file: string): Promise<NoteSigner> {
  const vkey = parseVkey(await readText(join(folder, `${file}.vkey`)), sha256)
  const secret = await readText(join(folder, `${file}.key`))
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

async function readText(path: string): Promise<string> {
  const bytes = await readIfThere(path)
  if (!bytes) throw new LedgerError('LEDGER_MISSING', `no key file ${path}`)
  return new TextDecoder().decode(bytes).trim()
}

/** True when a log was created in this keys folder. */
export async function hasLogKeys(folder: string): Promise<boolean> {
  return (await readIfThere(join(folder, 'log.vkey'))) !== null
}
