// Batches at rest. The key comes of the producer's private key: a new process with the same
// credentials opens what the last one left, and nobody else does.
//
//   12-byte nonce ‖ AES-256-GCM of the below ‖ 16-byte tag
//   u32 length ‖ JSON {count, firstSequence, instance, root} ‖ OTLP body
//
// The folder's name is the salt of its key and, with the frame's number, authenticated beside it:
// a frame that was moved does not open.
import {
  createCipheriv,
  createDecipheriv,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import type { Outgoing } from '../outgoing.ts'

/** The cipher of one folder. */
export interface SpoolCipher {
  readonly seal: (batch: Outgoing, frame: number) => Uint8Array
  /** null: another key's, or damaged. */
  readonly open: (payload: Uint8Array, frame: number) => Outgoing | null
}

const label = 'grantlog-spool-v1'
const nonceBytes = 12
const tagBytes = 16

/** `folder` is the name of a spool folder; `privateKey` the Ed25519 key of the credentials. */
export function createSpoolCipher(privateKey: KeyObject, folder: string): SpoolCipher {
  const { d = '' } = privateKey.export({ format: 'jwk' })
  const key = Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), folder, label, 32))
  const beside = (frame: number): Buffer => Buffer.from(`${label}\n${folder}\n${frame}\n`)
  return {
    seal: (batch, frame) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      cipher.setAAD(beside(frame))
      const head = headOf(batch)
      const sealed = [nonce, cipher.update(head), cipher.update(batch.body), cipher.final()]
      return Buffer.concat([...sealed, cipher.getAuthTag()])
    },
    open: (payload, frame) => {
      if (payload.length < nonceBytes + tagBytes + 4) return null
      const nonce = payload.subarray(0, nonceBytes)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      decipher.setAAD(beside(frame))
      decipher.setAuthTag(payload.subarray(-tagBytes))
      try {
        const inside = decipher.update(payload.subarray(nonceBytes, -tagBytes))
        return batchIn(Buffer.concat([inside, decipher.final()]))
      } catch {
        return null
      }
    },
  }
}

function headOf({ body: _, ...head }: Outgoing): Buffer {
  const json = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  return Buffer.concat([length, json])
}

/** What `headOf` and a body make; authenticated, so only we wrote it. */
function batchIn(bytes: Buffer): Outgoing {
  const bodyAt = 4 + bytes.readUInt32BE(0)
  const head = JSON.parse(bytes.toString('utf8', 4, bodyAt)) as Omit<Outgoing, 'body'>
  return { ...head, body: bytes.subarray(bodyAt) }
}
