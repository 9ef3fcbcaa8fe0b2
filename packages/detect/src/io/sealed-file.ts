// A JSON file that only who has the ledger's keys can read: what a detector knows are values of
// personal attributes. Compressed, then AES-256-GCM under a key of its own, bound to the log and
// the file's name. It is whole or not there (writeDurable). See sealed-file.test.ts.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { makeFolder, readIfThere, writeDurable } from '@grantlog/ledger'
import type { JsonValue } from '@grantlog/record'
import { MAX_SNAPSHOT_BYTES } from '../finding-limits.ts'

export interface SealedFile {
  /** Null: there is none, or it is of another log, another key, or damaged. */
  read(): Promise<JsonValue | null>
  /** Durable when it resolves to true; false: it is larger than it may be, and not kept. */
  write(json: JsonValue): Promise<boolean>
}

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
const nonceBytes = 12
const tagBytes = 16
const form = 'grantlog-detect-1'

export function sealedFile(
  path: string,
  { key, origin }: { readonly key: Uint8Array; readonly origin: string },
): SealedFile {
  const secret = createSecretKey(key)
  const bound = Buffer.from(JSON.stringify([form, origin, basename(path)]))
  return {
    async read() {
      const bytes = await readIfThere(path)
      if (bytes === null || bytes.length < nonceBytes + tagBytes) return null
      try {
        const nonce = bytes.subarray(0, nonceBytes)
        const opener = createDecipheriv('aes-256-gcm', secret, nonce).setAAD(bound)
        opener.setAuthTag(bytes.subarray(-tagBytes))
        const packed = Buffer.concat([
          opener.update(bytes.subarray(nonceBytes, -tagBytes)),
          opener.final(),
        ])
        const text = await decompress(packed, { maxOutputLength: MAX_SNAPSHOT_BYTES })
        return JSON.parse(text.toString()) as JsonValue
      } catch {
        return null
      }
    },
    async write(json) {
      const text = Buffer.from(JSON.stringify(json))
      if (text.length > MAX_SNAPSHOT_BYTES) return false
      const nonce = randomBytes(nonceBytes)
      const sealer = createCipheriv('aes-256-gcm', secret, nonce).setAAD(bound)
      const sealed = Buffer.concat([sealer.update(await compress(text)), sealer.final()])
      await makeFolder(dirname(path), 0o700)
      const bytes = Buffer.concat([nonce, sealed, sealer.getAuthTag()])
      await writeDurable(path, bytes, { mode: 0o600 })
      return true
    },
  }
}
