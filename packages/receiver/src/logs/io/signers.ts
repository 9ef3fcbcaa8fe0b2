// The signers of log records that the operator knows: files `NAME.pem` in `keys/log-signers`, each
// a certificate or a public key. See ../signature.test.ts.
import { createPublicKey, X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ReceiverError } from '../../codes.ts'
import { MAX_CALLER_CHARACTERS } from '../../caller-limits.ts'
import { MAX_LOG_SIGNERS } from '../../limits.ts'
import type { LogSigner } from '../signature.ts'

const extension = '.pem'

/** None when there is no such folder. Errors: RECEIVER_SIGNER_MALFORMED; those of the system. */
export async function readLogSigners(keysFolder: string): Promise<LogSigner[]> {
  const folder = join(keysFolder, 'log-signers')
  const files = (await namesIn(folder)).filter((name) => name.endsWith(extension)).toSorted()
  if (files.length > MAX_LOG_SIGNERS) {
    throw new ReceiverError('RECEIVER_SIGNER_MALFORMED', `more than ${MAX_LOG_SIGNERS} files`)
  }
  return Promise.all(files.map((file) => readSigner(join(folder, file))))
}

async function readSigner(path: string): Promise<LogSigner> {
  const name = basename(path, extension)
  const pem = await readFile(path)
  try {
    if (name === '' || name.length > MAX_CALLER_CHARACTERS) throw new RangeError('name')
    if (pem.includes('PRIVATE KEY')) throw new RangeError('private')
    if (!pem.includes('BEGIN CERTIFICATE')) {
      return { name, key: createPublicKey(pem), certificate: null }
    }
    const { publicKey, raw } = new X509Certificate(pem)
    return { name, key: publicKey, certificate: raw }
  } catch (cause) {
    throw new ReceiverError('RECEIVER_SIGNER_MALFORMED', `${name}${extension}`, { cause })
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
