// A snapshot of the streams: what a start would find out by reading every leaf again. It is no part
// of the log, and no proof of anything: it says where records are, under a key that only the
// keystore has, and any that does not fit is left alone and built again. See snapshot.test.ts.
import { createHmac, type Hmac, timingSafeEqual } from 'node:crypto'
import { base64url, equalBytes, utf8 } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { sha256 } from '../crypto.ts'
import { ByteReader, ByteWriter } from '../format/bytes.ts'
import { snapshotPartBytes } from '../limits.ts'
import { Streams, type StreamsMemory } from './streams.ts'

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

// title ‖ u32 length of JSON {frame, size, receivedAt, last, kids, minute} ‖ the JSON ‖ of each
// stream: u32 length ‖ the stream packed (packing.ts) ‖ HMAC-SHA-256 of title, origin, \n and all
// between. Streams come in the order they were first seen.
const title = 'grantlog-streams-v2\n'
const macBytes = 32
const lengthBytes = 4

/**
 * The parts of a snapshot of the streams as they are now, made while they are asked for. `secret`
 * is of the keystore; `origin` that of the log.
 */
export function encodeSnapshot(
  { streams, ...place }: Snapshot,
  origin: string,
  secret: Uint8Array,
): Iterable<Uint8Array> {
  const { kids, minute, pieces } = streams.memory()
  const head = utf8(JSON.stringify({ ...place, kids, minute }))
  return parts(pieces(), head, macOf(origin, secret))
}

/** Null for whatever this log's own keystore did not vouch for. */
export function decodeSnapshot(
  bytes: Uint8Array,
  origin: string,
  secret: Uint8Array,
): Snapshot | null {
  const end = bytes.length - macBytes
  if (end < title.length || !beginsWithTitle(bytes)) return null
  const mac = macOf(origin, secret)
  for (let at = title.length; at < end; at += snapshotPartBytes) {
    mac.update(bytes.subarray(at, Math.min(end, at + snapshotPartBytes)))
  }
  if (!timingSafeEqual(bytes.subarray(end), mac.digest())) return null
  try {
    const pieces = piecesIn(bytes.subarray(title.length, end))
    const head = pieces.next().value as Uint8Array
    const { kids, minute, ...place } = JSON.parse(Buffer.from(head).toString()) as SnapshotPlace &
      Pick<StreamsMemory, 'kids' | 'minute'>
    return { ...place, streams: Streams.from({ kids, minute, pieces: () => pieces }) }
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

export function hashOfEntry(entry: Uint8Array): string {
  return base64url(sha256(entry))
}

/** Puts short pieces together to parts, and behind them what vouches for all. */
function* parts(pieces: Iterable<Uint8Array>, head: Uint8Array, mac: Hmac): Generator<Uint8Array> {
  yield utf8(title)
  let writer = new ByteWriter(snapshotPartBytes)
  writer.block(head)
  let length = head.length
  for (const piece of pieces) {
    writer.block(piece)
    length += lengthBytes + piece.length
    if (length < snapshotPartBytes) continue
    yield vouched(writer.finish(), mac)
    writer = new ByteWriter(snapshotPartBytes)
    length = 0
  }
  yield vouched(writer.finish(), mac)
  yield mac.digest()
}

function vouched(part: Uint8Array, mac: Hmac): Uint8Array {
  mac.update(part)
  return part
}

function* piecesIn(bytes: Uint8Array): Generator<Uint8Array> {
  const reader = new ByteReader(bytes)
  while (!reader.done) yield reader.block()
}

function beginsWithTitle(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, title.length), utf8(title))
}

function macOf(origin: string, secret: Uint8Array): Hmac {
  return createHmac('sha256', secret).update(`${title}${origin}\n`)
}
