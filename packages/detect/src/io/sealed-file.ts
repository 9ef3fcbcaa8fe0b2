// A JSON file that only who has the ledger's keys can read: what a detector knows are values of
// personal attributes. Compressed, then AES-256-GCM under a key of its own, bound to the log and
// the file's name. It is whole or not there (writeDurable). Its text is made, compressed and
// enciphered in parts: whole, a large one is three times its size in memory, at once. See
// sealed-file.test.ts.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { basename, dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { constants, createZstdCompress, zstdDecompress } from 'node:zlib'
import { makeFolder, readIfThere, writeDurable } from '@grantlog/ledger'
import type { JsonValue } from '@grantlog/record'
import { MAX_SNAPSHOT_BYTES } from '../finding-limits.ts'
import { jsonParts } from '../json-parts.ts'

export interface SealedFileOptions {
  readonly key: Uint8Array
  readonly origin: string
  /** Of its text; default MAX_SNAPSHOT_BYTES. */
  readonly bytesMax?: number
}

export interface SealedFile {
  /** Null: there is none, or it is of another log, another key, or damaged. */
  read(): Promise<JsonValue | null>
  /** Durable when it resolves to true; false: it is larger than it may be, and not kept. */
  write(json: JsonValue): Promise<boolean>
}

const decompress = promisify(zstdDecompress)
const nonceBytes = 12
const tagBytes = 16
const form = 'grantlog-detect-1'
/** As quick as it can be: it is read once, after a crash. */
const quickly = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function sealedFile(
  path: string,
  { bytesMax = MAX_SNAPSHOT_BYTES, key, origin }: SealedFileOptions,
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
        const text = await decompress(packed, { maxOutputLength: bytesMax })
        return JSON.parse(text.toString()) as JsonValue
      } catch {
        return null
      }
    },
    async write(json) {
      const nonce = randomBytes(nonceBytes)
      const sealer = createCipheriv('aes-256-gcm', secret, nonce).setAAD(bound)
      const sealed: Buffer[] = [nonce]
      const take = (part: Buffer): void => void sealed.push(sealer.update(part))
      const isAll = await compressed(json, bytesMax, take)
      if (!isAll) return false
      sealed.push(sealer.final(), sealer.getAuthTag())
      await makeFolder(dirname(path), 0o700)
      await writeDurable(path, sealed, { mode: 0o600 })
      return true
    },
  }
}

/** False: its text is larger than it may be. */
async function compressed(
  json: JsonValue,
  bytesMax: number,
  take: (part: Buffer) => void,
): Promise<boolean> {
  const stream = createZstdCompress(quickly).on('data', take)
  const done = finished(stream)
  let bytes = 0
  for (const text of jsonParts(json)) {
    const part = Buffer.from(text)
    bytes += part.length
    if (bytes > bytesMax) {
      stream.destroy()
      await done.catch(() => undefined)
      return false
    }
    if (!stream.write(part)) await once(stream, 'drain')
  }
  stream.end()
  await done
  return true
}
