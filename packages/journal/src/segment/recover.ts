// What open does: find the end of the journal, drop what a crash tore, refuse what rotted.
//
// Why this is enough: each frame says which ones before it were durable when it was written, and a
// synced one is durable before anything is written behind it. A segment is begun only after the one
// before it was made durable to its end. So a crash can tear the last synced frame or the unsynced
// ones behind it, in the last segment; whatever else is wrong is rot. Proved by crash.test.ts and
// rot.test.ts; decisions/009 says why it is done this way.
import { corrupt, isFull, syncOrPoison } from '../errors.ts'
import type { Files, OpenFile } from '../io/files.ts'
import { READ_BYTES } from '../limits.ts'
import { ALIGNMENT_BYTES, decodeFrameHeader, durableBefore, framedBytes } from './frame.ts'
import type { FrameHeader } from './frame.ts'
import { addMark, beginSegment, listSegments, makeSegment } from './segment.ts'
import { readSalt, SEGMENT_HEADER_BYTES } from './segment.ts'
import type { Segment } from './segment.ts'
import { checkSegment, walkFrames, walkHeaders } from './walk.ts'

/** Where a journal lies and how a new segment gets its salt. */
export interface Place {
  readonly files: Files
  readonly directory: string
  readonly salt: () => number
}

/** A journal's state after open; `active` is the last segment, open to write. */
export interface Recovered {
  readonly segments: Segment[]
  readonly active: OpenFile | undefined
  readonly next: number
  readonly droppedBytes: number
  /** Nothing on disk says that the last frames are durable, though open has made them so. */
  readonly isUnmarked: boolean
}

/** A segment, open to write. */
export interface OpenSegment {
  readonly segment: Segment
  readonly file: OpenFile
}

/** Where the good frames of the last segment end, and where those begin that may not be durable. */
interface End {
  readonly next: number
  readonly bytes: number
  readonly unsureOffset: number
  /** The last frame is an unsynced one, and no sync point follows it. */
  readonly isUnmarked: boolean
}

/**
 * Opens the folder to write. Every step may be cut off by another crash: it only removes bytes that
 * are no frame, or writes again bytes that are there, so the next open finds the same journal.
 */
export async function recover(place: Place): Promise<Recovered> {
  await place.files.makeDirectory(place.directory)
  const segments = await listSegments(place.files, place.directory)
  const last = segments.at(-1)
  if (last === undefined) {
    const created = await createSegment(place, 0)
    const empty = { next: 0, droppedBytes: 0, isUnmarked: false }
    return { segments: [created.segment], active: created.file, ...empty }
  }
  const active = await place.files.open(last.path, 'update')
  try {
    const size = last.bytes
    const end = await findEnd(place.files, active, segments)
    await settle(place, { segment: last, file: active }, end)
    const { next, isUnmarked } = end
    return { segments, active, next, isUnmarked, droppedBytes: size - end.bytes }
  } catch (error) {
    await active.close()
    throw error
  }
}

/** Opens the folder to read: nothing is changed, a torn tail is only left out. */
export async function inspect(place: Place): Promise<Recovered> {
  const segments = await listSegments(place.files, place.directory)
  const last = segments.at(-1)
  const empty = { next: 0, droppedBytes: 0, isUnmarked: false }
  if (last === undefined) return { segments, active: undefined, ...empty }
  const file = await place.files.open(last.path, 'read')
  try {
    const size = last.bytes
    const end = await findEnd(place.files, file, segments)
    last.bytes = end.bytes
    const { next, isUnmarked } = end
    return { segments, active: undefined, next, isUnmarked, droppedBytes: size - end.bytes }
  } finally {
    await file.close()
  }
}

/**
 * Begins the segment whose first frame will be `first`.
 *
 * 1. create the file, write and sync its header: a crash leaves no name, or a segment without
 *    frames whose header may be torn; open begins it again;
 * 2. sync the folder: from here on the name survives, and only now may a frame be written. Without
 *    it, a power cut could lose a whole segment of synced frames by losing its name.
 */
export async function createSegment(place: Place, first: number): Promise<OpenSegment> {
  const segment = makeSegment(place.directory, first, 0)
  const file = await place.files.open(segment.path, 'create')
  try {
    await beginSegment(file, segment, place.salt())
    await syncNames(place)
    return { segment, file }
  } catch (error) {
    await file.close()
    if (isFull(error)) await removeSegment(place, segment)
    throw error
  }
}

/**
 * Takes in what somebody else appended behind frame `next` since: the segments found are changed.
 * Gives the new `next`. A frame that is not whole yet is left for the next time.
 */
export async function lookAhead(
  { files, directory }: Place,
  segments: Segment[],
  next: number,
): Promise<number> {
  if (isAsItWas({ files, directory }, segments, next)) return next
  const listed = await listSegments(files, directory)
  const oldest = listed[0]?.first ?? 0
  segments.splice(
    0,
    segments.findIndex(({ first }) => first >= oldest),
  )
  const known = segments.at(-1)
  for (const { first, bytes: limit, ...named } of listed) {
    if (known !== undefined && first < known.first) continue
    // Begun only when the one before it was whole, so its frames have been seen by now.
    if (first !== known?.first && first !== next) break
    const segment = first === known?.first ? known : makeSegment(directory, first, 0)
    if (segment !== known) segments.push(segment)
    if (limit <= segment.bytes) continue
    const file = await files.open(named.path, 'read')
    try {
      next = await extend(file, segment, { next, limit })
    } finally {
      await file.close()
    }
  }
  return next
}

/**
 * Nothing appended, no segment begun behind the newest, the oldest not pruned: what is asked many
 * times a second, when nothing comes.
 */
function isAsItWas(
  { files, directory }: Pick<Place, 'files' | 'directory'>,
  segments: readonly Segment[],
  next: number,
): boolean {
  const [oldest, newest] = [segments[0], segments.at(-1)]
  if (oldest === undefined || newest === undefined) return false
  if (files.sizeNow(newest.path) !== newest.bytes) return false
  if (oldest !== newest && files.sizeNow(oldest.path) === null) return false
  // One without frames is itself what would be begun.
  return newest.first === next || files.sizeNow(makeSegment(directory, next, 0).path) === null
}

async function extend(
  file: OpenFile,
  segment: Segment,
  { next, limit }: { readonly next: number; readonly limit: number },
): Promise<number> {
  segment.salt ??= await readSalt(file, segment.first)
  if (segment.salt === undefined) return next
  segment.bytes = Math.max(segment.bytes, SEGMENT_HEADER_BYTES)
  const start = { salt: segment.salt, number: next, offset: segment.bytes, limit }
  for await (const frame of walkHeaders(file, start)) {
    segment.bytes = frame.end
    if (frame.header.isSyncPoint === true) continue
    addMark(segment, frame)
    next = frame.number + 1
  }
  return next
}

/**
 * No space for the header: the name goes again, durably. Else it could come back after a crash, in
 * the middle of the journal, because a smaller frame may still fit into the segment before it.
 */
async function removeSegment(place: Place, { path }: Segment): Promise<void> {
  await syncOrPoison(path, () => place.files.remove(path))
  await syncNames(place)
}

async function findEnd(files: Files, file: OpenFile, segments: Segment[]): Promise<End> {
  const last = segments.at(-1) as Segment
  const end = await scan(file, last)
  const before = segments.at(-2)
  // An empty last segment says nothing of its own about its number: the one before it must agree.
  if (end.next === last.first && before !== undefined) await checkSegment(files, before, last.first)
  return end
}

async function scan(file: OpenFile, segment: Segment): Promise<End> {
  const salt = await readSalt(file, segment.first)
  if (salt === undefined && segment.bytes > SEGMENT_HEADER_BYTES) {
    throw corrupt(segment.path, 0, 'not a segment header')
  }
  let next = segment.first
  let bytes = Math.min(segment.bytes, SEGMENT_HEADER_BYTES)
  let unsureOffset = bytes
  let isUnmarked = false
  if (salt === undefined) return { next, bytes: 0, unsureOffset: 0, isUnmarked }
  segment.salt = salt
  const start = { salt, number: next, offset: bytes, limit: segment.bytes }
  for await (const frame of walkFrames(file, start)) {
    bytes = frame.end
    isUnmarked = frame.header.unsynced > 0
    if (durableBefore(frame.header) === frame.number) unsureOffset = frame.offset
    if (frame.header.isSyncPoint === true) continue
    addMark(segment, frame)
    next = frame.number + 1
  }
  if (bytes < segment.bytes) {
    const tail = new Uint8Array(segment.bytes - bytes)
    await file.read(tail, bytes)
    const rot = findRot(tail, salt, next)
    if (rot !== undefined) throw corrupt(segment.path, bytes, `frame ${next} is bad, but ${rot}`)
  }
  return { next, bytes, unsureOffset, isUnmarked }
}

/**
 * Why `tail`, which begins with the bad frame `expected`, cannot be what a crash tore; undefined
 * when it can. A good header further on that calls the bad frame durable shows that it was, whether
 * or not the frame of that header is whole itself. A header that does not is of an unsynced frame
 * which reached the disk before the bad one: both were promised to nobody.
 * Payload bytes cannot pass for a header: they would have to know the segment's random salt.
 */
function findRot(tail: Uint8Array, salt: number, expected: number): string | undefined {
  const header = decodeFrameHeader(tail, salt)
  if (header !== undefined) {
    if (header.number !== expected) return `frame ${header.number} is in its place`
    // Its length is known, and nothing is written behind a synced frame that is not durable yet.
    const isLast = framedBytes(header.length) >= tail.length
    if (header.unsynced === 0) return isLast ? undefined : 'something follows it'
  }
  for (let at = ALIGNMENT_BYTES; at < tail.length; at += ALIGNMENT_BYTES) {
    const later = decodeFrameHeader(tail.subarray(at), salt)
    if (later !== undefined && durableBefore(later) > expected) return describe(later, at)
  }
  return undefined
}

function describe({ number, isSyncPoint }: FrameHeader, at: number): string {
  if (isSyncPoint === true) return `all before ${number} were synced, ${at} bytes on`
  return `frame ${number} follows ${at} bytes on`
}

/**
 * Makes what was found durable before anyone may build on it.
 *
 * The last frames may have been read from the page cache alone: their writer was killed before the
 * sync, or it failed, after which the kernel calls the pages clean. So their bytes are written
 * again, which makes them dirty, and synced. A crash meanwhile writes the same bytes over the same.
 */
async function settle(place: Place, { segment, file }: OpenSegment, end: End): Promise<void> {
  if (end.next === segment.first) {
    // A good header keeps its salt, so that a write cut off in the middle changes nothing: behind
    // it may lie a torn frame, and a bad header before more bytes would be rot.
    await beginSegment(file, segment, segment.salt ?? place.salt())
  } else {
    // Also when nothing is to cut: the last open's cut may have been lost in a failed sync.
    await file.truncate(end.bytes)
    for (let at = end.unsureOffset; at < end.bytes; at += READ_BYTES) {
      const bytes = new Uint8Array(Math.min(READ_BYTES, end.bytes - at))
      await file.read(bytes, at)
      await file.write([bytes], at)
    }
    await syncOrPoison(segment.path, () => file.sync())
    segment.bytes = end.bytes
  }
  await syncNames(place)
}

function syncNames({ files, directory }: Place): Promise<void> {
  return syncOrPoison(directory, () => files.syncDirectory(directory))
}
