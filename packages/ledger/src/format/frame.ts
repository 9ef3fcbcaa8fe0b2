// A commit frame: the stored, encrypted form of one commit (FORMAT.md 3.3). See frame.test.ts.
import { createCipheriv, createDecipheriv, createHash, type KeyObject } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { concat, fromBase64url, jcsBytes, type JsonValue, utf8 } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { commitBytesMax } from '../limits.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { giveBack, giveBackAlone } from './give-back.ts'
import { readMembers } from './members.ts'
import { unpack } from './unpack.ts'

const magic = utf8('grantlog-frame-v1\n')
const tagBytes = 16
/** On leaves it packs as small as zstd's default level, at half its cost. */
const leafParams = { [constants.ZSTD_c_compressionLevel]: 1 }
/**
 * A third of a record cannot be packed, being ciphertext and hashes: texts stand as they are
 * (`targetLength`), and what repeats is near. Half the time of level 1 alone for 6 % more bytes,
 * and who unpacks them takes a third less.
 */
const recordParams = {
  ...leafParams,
  [constants.ZSTD_c_targetLength]: 2,
  [constants.ZSTD_c_windowLog]: 18,
}
/** To set an encoder up costs more than so few bytes could save: the leaves of one record. */
const packedBytesMin = 768
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd]

/** The clear header of a frame. */
export interface FrameHeader {
  /** Leaves the frame covers, its own frame leaf not counted; `first` is the index of the first. */
  readonly count: number
  readonly first: number
  /** b64u of 16 bytes: names the frame key in the keystore. */
  readonly key: string
  /** b64u of the 12-byte GCM nonce. */
  readonly nonce: string
  readonly receivedAt: number
}

/** A frame, still encrypted. `header` is the exact bytes; `fields` what they say. */
export interface SealedFrame {
  readonly header: Uint8Array
  readonly fields: FrameHeader
  readonly ciphertext: Uint8Array
}

/**
 * Encrypts a commit's plaintext. The header is authenticated with it. Reverse: {@link openFrame}.
 */
export function sealFrame(fields: FrameHeader, plaintext: Uint8Array, key: KeyObject): SealedFrame {
  const header = jcsBytes(fields as unknown as JsonValue)
  const cipher = createCipheriv('aes-256-gcm', key, fromBase64url(fields.nonce)!)
  cipher.setAAD(concat(magic, header))
  const packed = packedOf(plaintext, recordParams)
  const enciphered = cipher.update(packed)
  giveBackAlone(packed)
  const ciphertext = Buffer.concat([enciphered, cipher.final(), cipher.getAuthTag()])
  giveBackAlone(enciphered)
  return { header, fields, ciphertext }
}

/** Decrypts a frame; throws LEDGER_DAMAGED when key, nonce, header or ciphertext do not agree. */
export function openFrame({ header, fields, ciphertext }: SealedFrame, key: KeyObject): Uint8Array {
  try {
    const nonce = fromBase64url(fields.nonce)!
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(concat(magic, header))
    decipher.setAuthTag(ciphertext.subarray(-tagBytes))
    const packed = decipher.update(ciphertext.subarray(0, -tagBytes))
    // Nothing is left for it but to check the tag.
    decipher.final()
    const plaintext = unpack(packed, commitBytesMax * 2)
    giveBack(packed)
    return plaintext
  } catch (cause) {
    throw new LedgerError('LEDGER_DAMAGED', 'a frame does not decrypt', { cause })
  }
}

/** `b64u(SHA-256('grantlog-frame-v1\n' ‖ header ‖ ciphertext))`: what the frame leaf says. */
export function frameHash({ header, ciphertext }: SealedFrame): string {
  return createHash('sha256').update(magic).update(header).update(ciphertext).digest('base64url')
}

/** Compressed before the next frame is encoded. */
const leaves = new ByteWriter()

/**
 * The journal payload of a frame, in parts: nothing is copied. `entries` includes the frame leaf.
 */
export function encodeFrame(frame: SealedFrame, entries: readonly Uint8Array[]): Uint8Array[] {
  leaves.clear()
  for (const entry of entries) {
    leaves.u16(entry.length)
    leaves.raw(entry)
  }
  return encodeWith(frame, leaves.finish())
}

/** The same with each entry behind its length, as `entriesOf` takes them. */
export function encodeWith(frame: SealedFrame, entries: Uint8Array): Uint8Array[] {
  const packed = packedOf(entries, leafParams)
  const head = new ByteWriter(magic.length + frame.header.length + packed.length + 12)
  head.raw(magic)
  head.block(frame.header)
  head.block(packed)
  giveBackAlone(packed)
  head.u32(frame.ciphertext.length)
  return [head.finish(), frame.ciphertext]
}

function packedOf(bytes: Uint8Array, params: Record<number, number>): Uint8Array {
  if (bytes.length < packedBytesMin) return stored(bytes)
  return zstdCompressSync(bytes, { params, chunkSize: packedBytesMax(bytes.length) })
}

/**
 * What zstd needs at most (ZSTD_compressBound): with room for all of it, it reads the bytes where
 * they are, and saves a fifth of the time. Of what is not written nothing is taken from the system.
 */
function packedBytesMax(length: number): number {
  return length + (length >> 8) + Math.max(0, (128 * 1024 - length) >> 11)
}

/** A zstd frame of one raw block (RFC 8878, 3.1.1): what any decoder reads, without an encoder. */
function stored(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  // One segment; the content's size has one byte, or two that say how much it is above 256.
  const size = length < 256 ? [0x20, length] : [0x60, (length - 256) & 0xff, (length - 256) >> 8]
  const block = (length << 3) | 1
  const head = [...zstdMagic, ...size, block & 0xff, (block >> 8) & 0xff, block >> 16]
  return concat(Uint8Array.from(head), bytes)
}

/** Reads a journal payload; throws LEDGER_FORMAT. The ciphertext is not authenticated yet. */
export function decodeFrame(payload: Uint8Array): { frame: SealedFrame; entries: Uint8Array[] } {
  const { frame, leaves } = splitFrame(payload)
  return { frame, entries: entriesOf(leaves) }
}

/** {@link decodeFrame} with all entries in one piece, as a bundle has them; see `entriesOf`. */
export function splitFrame(payload: Uint8Array): { frame: SealedFrame; leaves: Uint8Array } {
  const reader = new ByteReader(payload)
  if (Buffer.compare(reader.raw(magic.length), magic) !== 0) {
    throw new LedgerError('LEDGER_FORMAT', 'not a commit frame')
  }
  const header = reader.block()
  const packed = reader.block()
  const ciphertext = reader.block()
  reader.end()
  return { frame: { header, fields: readHeader(header), ciphertext }, leaves: inflate(packed) }
}

/** Each entry behind its length; throws LEDGER_FORMAT. They are views. */
export function entriesOf(leaves: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(leaves)
  const entries: Uint8Array[] = []
  while (!reader.done) entries.push(reader.raw(reader.u16()))
  return entries
}

/** How many entries these are, and where the last begins; throws LEDGER_FORMAT. */
export function countEntries(leaves: Uint8Array): { size: number; lastAt: number } {
  let [size, lastAt, at] = [0, 0, 0]
  for (; at + 2 <= leaves.length; size++) {
    lastAt = at + 2
    at = lastAt + ((leaves[at]! << 8) | leaves[at + 1]!)
  }
  if (at !== leaves.length) throw new LedgerError('LEDGER_FORMAT', 'the bytes end too early')
  return { size, lastAt }
}

function inflate(packed: Uint8Array): Uint8Array {
  try {
    return unpack(packed, commitBytesMax)
  } catch (cause) {
    throw new LedgerError('LEDGER_FORMAT', "a frame's leaves do not decompress", { cause })
  }
}

function readHeader(bytes: Uint8Array): FrameHeader {
  const json = readMembers(bytes)
  if (json === null)
    throw new LedgerError('LEDGER_FORMAT', 'the frame header is not canonical JSON')
  if (Object.keys(json).join() !== 'count,first,key,nonce,receivedAt') {
    throw new LedgerError('LEDGER_FORMAT', 'malformed frame header')
  }
  const { count, first, key, nonce, receivedAt } = json
  const numbers = [count, first, receivedAt].every((n) => Number.isSafeInteger(n))
  const nonceIs12 = typeof nonce === 'string' && fromBase64url(nonce)?.length === 12
  const keyIs16 = typeof key === 'string' && fromBase64url(key)?.length === 16
  if (!numbers || !nonceIs12 || !keyIs16) {
    throw new LedgerError('LEDGER_FORMAT', 'malformed frame header')
  }
  return json as unknown as FrameHeader
}
