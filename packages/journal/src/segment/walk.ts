// Reads frame after frame out of one segment, each checked to its last byte.
import { corrupt } from '../errors.ts'
import type { Files, OpenFile } from '../io/files.ts'
import { READ_BYTES } from '../limits.ts'
import {
  checkPayload,
  decodeFrameHeader,
  durableBefore,
  FRAME_HEADER_BYTES,
  framedBytes,
} from './frame.ts'
import type { FrameHeader } from './frame.ts'
import { addMark, findMark, readSalt } from './segment.ts'
import type { Mark, Segment } from './segment.ts'

/** One good frame, or a sync point before frame `number`, and where it lies in its segment. */
export interface WalkedFrame {
  readonly number: number
  readonly payload: Uint8Array
  readonly header: FrameHeader
  readonly offset: number
  readonly end: number
}

/** Frames `from` to before `to`. */
export interface FrameRange {
  readonly from: number
  readonly to: number
}

/** Where a walk begins, and the byte it may not pass. */
export interface WalkStart extends Mark {
  readonly salt: number
  readonly limit: number
}

/**
 * The frames and sync points from `start` on, while they are good and the numbers ascend by one.
 * The walk ends at the limit or before the first bad frame: the caller compares the last `end`.
 * A payload is a view of a larger buffer, until the next frame is asked for; with `areKept` that
 * buffer is not used again.
 */
export async function* walkFrames(
  file: OpenFile,
  start: WalkStart,
  areKept = false,
): AsyncGenerator<WalkedFrame, void, void> {
  const { salt, limit } = start
  const window = makeWindow(file, limit)
  let { number, offset } = start
  try {
    while (offset < limit) {
      const head = window.view(offset, FRAME_HEADER_BYTES) ?? (await window.load(offset, 0))
      const header = decodeFrameHeader(head, salt)
      if (header === undefined || header.number !== number) return
      const size = framedBytes(header.length)
      if (offset + size > limit) return
      const frame = window.view(offset, size) ?? (await window.load(offset, size))
      const payload = checkPayload(frame.subarray(0, size), header)
      if (frame.length < size || payload === undefined) return
      if (areKept && header.isSyncPoint !== true) window.handOut()
      yield { number, payload, header, offset, end: offset + size }
      if (header.isSyncPoint !== true) number += 1
      offset += size
    }
  } finally {
    window.giveBack()
  }
}

/** Where a frame or a sync point lies; what is in it was not looked at. */
export type WalkedHeader = Omit<WalkedFrame, 'payload'>

/**
 * What `walkFrames` gives of a segment that another process writes, by headers alone: one that says
 * that all before it was durable stands only behind frames that are there to their ends, so that no
 * more than the last one is read and checked. Whoever reads the others checks them then.
 */
export async function* walkHeaders(
  file: OpenFile,
  start: WalkStart,
): AsyncGenerator<WalkedHeader, void, void> {
  const { salt, limit } = start
  const window = makeWindow(file, limit)
  let { number, offset } = start
  let last: WalkedHeader | undefined
  /** Of small frames many are read at once, of large ones only their headers. */
  let ahead = READ_BYTES
  const headerAt = async (at: number): Promise<FrameHeader | undefined> => {
    if (at >= limit) return undefined
    const head = window.view(at, FRAME_HEADER_BYTES) ?? (await window.load(at, 0, ahead))
    const header = decodeFrameHeader(head, salt)
    return header?.number === number ? header : undefined
  }
  try {
    for (;;) {
      const header = await headerAt(offset)
      if (last !== undefined) {
        const isProven = header !== undefined && durableBefore(header) > last.number
        if (!isProven && !(await isWhole(window, last))) return
        yield last
      }
      if (header === undefined) return
      const size = framedBytes(header.length)
      if (offset + size > limit) return
      last = { number, header, offset, end: offset + size }
      ahead = size > READ_BYTES / smallFrames ? FRAME_HEADER_BYTES : READ_BYTES
      if (header.isSyncPoint !== true) number += 1
      offset += size
    }
  } finally {
    window.giveBack()
  }
}

/** So many of them are in one read, at least. */
const smallFrames = 8

async function isWhole(window: Window, { end, header, offset }: WalkedHeader): Promise<boolean> {
  const size = end - offset
  const frame = window.view(offset, size) ?? (await window.load(offset, size))
  return frame.length >= size && checkPayload(frame.subarray(0, size), header) !== undefined
}

/**
 * Frames of a segment that must hold them all; JOURNAL_CORRUPT when it does not.
 * Reads only what was durable when it was called, so an append may go on meanwhile.
 */
export async function* readSegment(
  files: Files,
  segment: Segment,
  { from, to }: FrameRange,
): AsyncGenerator<WalkedFrame, void, void> {
  const limit = segment.bytes
  const file = await files.open(segment.path, 'read')
  try {
    segment.salt ??= await readSalt(file, segment.first)
    const { salt } = segment
    if (salt === undefined) throw corrupt(segment.path, 0, 'not a segment header')
    let { number, offset } = findMark(segment, from)
    for await (const frame of walkFrames(file, { salt, number, offset, limit }, true)) {
      offset = frame.end
      if (frame.header.isSyncPoint === true) continue
      addMark(segment, frame)
      number = frame.number + 1
      if (frame.number >= from) yield frame
      if (number === to) return
    }
    throw corrupt(segment.path, offset, `frame ${number} is not whole`)
  } finally {
    await file.close()
  }
}

/**
 * Checks that a finished segment has all its frames up to before `next`, where the next one begins.
 * Bytes behind them are nobody's: what is left of a torn frame whose cutting off was lost itself.
 */
export async function checkSegment(files: Files, segment: Segment, next: number): Promise<void> {
  const frames = readSegment(files, segment, { from: segment.first, to: next })
  while (!(await frames.next()).done);
}

interface Window {
  /** `count` bytes at `offset` if they are in memory. */
  view(offset: number, count: number): Uint8Array | undefined
  /**
   * The bytes at `offset`: `count` or `least`, by default READ_BYTES, fewer at the limit. Views of
   * before are void.
   */
  load(offset: number, count: number, least?: number): Promise<Uint8Array>
  /** Somebody keeps a view: what is in memory now is not written over. */
  handOut(): void
  /** Nothing of it is looked at any more but what was handed out. */
  giveBack(): void
}

const nothing = new Uint8Array(0)

/**
 * Large frames are read in two steps, the second with what the first one has not: memory that only
 * a header was looked for in serves again.
 */
function makeWindow(file: OpenFile, limit: number): Window {
  let bytes: Uint8Array = nothing
  let start = 0
  /** What nobody has a view of; among them what `bytes` is a part of. */
  let own: Uint8Array<ArrayBuffer>[] = []
  return {
    view(offset, count) {
      const at = offset - start
      return at >= 0 && at + count <= bytes.length ? bytes.subarray(at) : undefined
    },
    async load(offset, count, least = READ_BYTES) {
      const size = Math.min(Math.max(count, least), limit - offset)
      const at = offset - start
      // Whoever has a payload may have given its memory back.
      const known = at >= 0 && at < bytes.length ? bytes.subarray(at) : nothing
      let into = own.find(({ length }) => length >= size)
      if (into === undefined) own.push((into = new Uint8Array(size)))
      into.set(known)
      const rest = into.subarray(known.length, size)
      bytes = into.subarray(0, known.length + (await file.read(rest, offset + known.length)))
      start = offset
      return bytes
    },
    handOut() {
      own = own.filter(({ buffer }) => buffer !== bytes.buffer)
    },
    giveBack() {
      // Whoever follows a journal begins a walk for every few frames: left to the garbage
      // collector, their memory is a hundred MiB before it runs.
      for (const { buffer } of own) buffer.transfer(0)
    },
  }
}
