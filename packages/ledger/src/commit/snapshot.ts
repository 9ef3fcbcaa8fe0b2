// A snapshot of the streams: what a start would find out by reading every leaf again. It is no part
// of the log, and no proof of anything: it says where records are, under a key that only the
// keystore has, and any that does not fit is left alone and built again. See snapshot.test.ts.
import { createHmac, type Hmac } from 'node:crypto'
import { base64url, utf8 } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { sha256 } from '../crypto.ts'
import { decodeParts, encodeParts } from '../format/parts.ts'
import { LogIds } from './log-ids.ts'
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
  readonly logs: LogIds
}

// format/parts.ts, with a head of JSON {frame, size, receivedAt, last, kids, minute, logs}, as many
// pieces of log-ids.ts as `logs` says, of each stream a piece, the stream packed (packing.ts), and
// HMAC-SHA-256 of title, origin, \n and all between. Streams come in the order they were first
// seen.
const title = 'grantlog-streams-v3\n'

/**
 * The parts of a snapshot of the streams as they are now, made while they are asked for. `secret`
 * is of the keystore; `origin` that of the log.
 */
export function encodeSnapshot(
  { logs, streams, ...place }: Snapshot,
  origin: string,
  secret: Uint8Array,
): Iterable<Uint8Array> {
  const { kids, minute, pieces } = streams.memory()
  const ids = logs.memory()
  const head = utf8(JSON.stringify({ ...place, kids, minute, logs: ids.count }))
  const all = oneAfterTheOther(ids.pieces(), pieces())
  return encodeParts(title, { head, pieces: all }, macOf(origin, secret))
}

function* oneAfterTheOther(...parts: Iterable<Uint8Array>[]): Generator<Uint8Array> {
  for (const part of parts) yield* part
}

/** Null for whatever this log's own keystore did not vouch for. */
export function decodeSnapshot(
  bytes: Uint8Array,
  origin: string,
  secret: Uint8Array,
): Snapshot | null {
  const pieces = decodeParts(title, bytes, macOf(origin, secret))
  if (!pieces) return null
  try {
    const head = pieces.next().value as Uint8Array
    const {
      kids,
      logs: count,
      minute,
      ...place
    } = JSON.parse(Buffer.from(head).toString()) as SnapshotHead
    const logs = new LogIds()
    for (let left = count; left > 0; left--) logs.addPiece(pieces.next().value as Uint8Array)
    return { ...place, logs, streams: Streams.from({ kids, minute, pieces: () => pieces }) }
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

type SnapshotHead = SnapshotPlace &
  Pick<StreamsMemory, 'kids' | 'minute'> & { readonly logs: number }

export function hashOfEntry(entry: Uint8Array): string {
  return base64url(sha256(entry))
}

function macOf(origin: string, secret: Uint8Array): Hmac {
  return createHmac('sha256', secret).update(`${title}${origin}\n`)
}
