// A snapshot of the streams: what a start would find out by reading every leaf again. It is no part
// of the log, and no proof of anything: it says where records are, under a key that only the
// keystore has, and any that does not fit is left alone and built again. See snapshot.test.ts.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { base64url, concat, utf8 } from '@grantlog/record'
import { sha256 } from '../crypto.ts'
import { type StreamMemory, Streams } from './streams.ts'

/** The end of the log when it was taken. */
export interface SnapshotPlace {
  /** Number of the next commit frame. */
  readonly frame: number
  /** Leaves before it. */
  readonly size: number
  /** The newest time in the log. */
  readonly receivedAt: number
  /** Hash (b64u) of the last of these leaves: a frame leaf, which no other log has. */
  readonly last: string
}

/** A snapshot that only waits to be written. */
export interface Snapshot extends SnapshotPlace {
  readonly streams: Streams
}

const title = 'grantlog-streams-v1\n'
const macBytes = 32

/** `secret` is of the keystore; `origin` that of the log. */
export function encodeSnapshot(
  { streams, ...place }: Snapshot,
  origin: string,
  secret: Uint8Array,
): Uint8Array {
  const body = utf8(JSON.stringify({ ...place, streams: [...streams.memories()] }))
  return concat(utf8(title), mac(body, origin, secret), body)
}

/** Null for whatever this log's own keystore did not vouch for. */
export function decodeSnapshot(
  bytes: Uint8Array,
  origin: string,
  secret: Uint8Array,
): Snapshot | null {
  const begin = title.length + macBytes
  const body = bytes.subarray(begin)
  if (bytes.length < begin || Buffer.from(bytes).toString('latin1', 0, title.length) !== title) {
    return null
  }
  if (!timingSafeEqual(bytes.subarray(title.length, begin), mac(body, origin, secret))) return null
  const { streams: memories, ...place } = JSON.parse(
    Buffer.from(body).toString(),
  ) as SnapshotPlace & { readonly streams: readonly StreamMemory[] }
  const streams = new Streams()
  return memories.every((memory) => streams.restore(memory)) ? { ...place, streams } : null
}

export function hashOfEntry(entry: Uint8Array): string {
  return base64url(sha256(entry))
}

function mac(body: Uint8Array, origin: string, secret: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update(`${title}${origin}\n`).update(body).digest()
}
