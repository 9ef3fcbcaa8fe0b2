// A segment file: its name, its header, and how one is begun. FORMAT.md shows the bytes.
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { corrupt, syncOrPoison } from '../errors.ts'
import type { Files, OpenFile } from '../io/files.ts'
import { MARK_BYTES } from '../limits.ts'

/** Bytes of a segment header. */
export const SEGMENT_HEADER_BYTES: number = 40

const CRC_AT = SEGMENT_HEADER_BYTES - 4
const TITLE = new TextEncoder().encode('grantlog-journal-v1\n')
const NAME = /^[0-9a-f]{16}\.seg$/

/** What is known in memory of one segment file. */
export interface Segment {
  readonly path: string
  /** Number of its first frame. */
  readonly first: number
  /** Durable bytes: readers stop here. */
  bytes: number
  /** Known once the header was read. */
  salt: number | undefined
  /** Where some frames begin: ascending from the first, MARK_BYTES or a little more apart. */
  readonly marks: Mark[]
}

/** Frame `number` begins at byte `offset`. */
export interface Mark {
  readonly number: number
  readonly offset: number
}

/** A segment whose header has not been read yet. */
export function makeSegment(directory: string, first: number, bytes: number): Segment {
  const marks = [{ number: first, offset: SEGMENT_HEADER_BYTES }]
  return { path: join(directory, segmentName(first)), first, bytes, salt: undefined, marks }
}

/** `255` → `00000000000000ff.seg` */
export function segmentName(first: number): string {
  return `${first.toString(16).padStart(16, '0')}.seg`
}

/** The segments in a folder, ascending; other names are none of ours. */
export async function listSegments(files: Files, directory: string): Promise<Segment[]> {
  const names = (await files.list(directory)).filter((name) => NAME.test(name)).sort()
  const segments: Segment[] = []
  for (const name of names) {
    const first = Number.parseInt(name, 16)
    if (!Number.isSafeInteger(first)) throw corrupt(join(directory, name), 0, 'number over 2^53')
    segments.push(makeSegment(directory, first, await files.size(join(directory, name))))
  }
  return segments
}

/** The bytes at the start of a segment. */
export function encodeSegmentHeader(first: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  bytes.set(TITLE)
  const view = new DataView(bytes.buffer)
  view.setUint32(20, salt, true)
  view.setBigUint64(24, BigInt(first), true)
  view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true)
  return bytes
}

/** The salt in a segment header, or undefined when these bytes are not the header for `first`. */
export function decodeSegmentHeader(bytes: Uint8Array, first: number): number | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES)
  if (TITLE.some((byte, index) => bytes[index] !== byte)) return undefined
  // A wrong salt would make all frames foreign, and the whole segment look like one torn write.
  if (view.getUint32(CRC_AT, true) !== crc32(bytes.subarray(0, CRC_AT))) return undefined
  return view.getBigUint64(24, true) === BigInt(first) ? view.getUint32(20, true) : undefined
}

/** Reads the header of an open segment; undefined when it is not one. */
export async function readSalt(file: OpenFile, first: number): Promise<number | undefined> {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
  const count = await file.read(bytes, 0)
  return decodeSegmentHeader(bytes.subarray(0, count), first)
}

/**
 * Makes `file` an empty segment, durably. No frame is written before this has resolved, so a bad
 * header means an empty segment (a crash in here) or rot, never a torn frame.
 * The header is written before the cut: on a full disk the block it already has is used again.
 */
export async function beginSegment(file: OpenFile, segment: Segment, salt: number): Promise<void> {
  await file.write([encodeSegmentHeader(segment.first, salt)], 0)
  await file.truncate(SEGMENT_HEADER_BYTES)
  await syncOrPoison(segment.path, () => file.sync())
  segment.salt = salt
  segment.bytes = SEGMENT_HEADER_BYTES
}

/** Remembers where a frame begins, if that is far enough from the last one remembered. */
export function addMark(segment: Segment, mark: Mark): void {
  const last = segment.marks.at(-1)
  if (last === undefined || mark.offset - last.offset >= MARK_BYTES) segment.marks.push(mark)
}

/** The last remembered position at or before frame `number`. */
export function findMark(segment: Segment, number: number): Mark {
  const mark = segment.marks.findLast((one) => one.number <= number)
  return mark ?? { number: segment.first, offset: SEGMENT_HEADER_BYTES }
}
