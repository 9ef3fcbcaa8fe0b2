// Access logs as they lie on disk: a file, its rotated siblings (`access.log.1`,
// `access.log-20261125`, `access.log.2.gz`), or all files of a folder. They are read while a web
// server writes and rotates them. See access-log.test.ts.
import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createGunzip } from 'node:zlib'
import { QueryError } from '../../codes.ts'
import { MAX_LINE_BYTES, MAX_LOG_FILES } from '../../limits.ts'

/** Where an earlier run can go on. */
export interface LogPosition {
  readonly device: number
  readonly inode: number
  /** Bytes and lines before the place. */
  readonly bytes: number
  readonly lines: number
}

/** A file that is read, with what was read of it. */
export interface LogFile {
  readonly name: string
  readonly position: LogPosition
  bytes: number
  /** SHA-256 of what was read. */
  digest: Uint8Array
  /** It got shorter under way, or a compressed one ends early: lines are missing. */
  isCut: boolean
}

export interface RawLine {
  /** Among the files. */
  readonly file: number
  /** From 1, in its file. */
  readonly number: number
  /** Where it starts in its file, and the next one; of compressed ones 0. */
  readonly offset: number
  readonly end: number
  /** Without its end; null when it is longer than MAX_LINE_BYTES. */
  readonly text: string | null
}

export interface AccessLog {
  readonly files: readonly LogFile[]
  /** Files that were left out because there are too many. */
  readonly leftOut: number
  /** Files that were last written before the period. */
  readonly old: number
  /** Once. A last line without an end is one that is being written: it is left for later. */
  lines(): AsyncGenerator<RawLine, void, void>
  close(): Promise<void>
}

export interface AccessLogOptions {
  readonly paths: readonly string[]
  /** Unix ms; files last written before it are not read. */
  readonly sinceMs: number
  readonly positions: readonly LogPosition[]
}

interface Opened {
  readonly handle: FileHandle
  readonly log: LogFile
  readonly isGzip: boolean
}

interface Found {
  readonly opened: Opened[]
  /** Inodes of files that were last written before the period. */
  readonly old: Set<number>
}

/** Errors: RECONCILE_LOG_UNREADABLE. */
export async function openAccessLog(options: AccessLogOptions): Promise<AccessLog> {
  const { paths } = options
  const opened: Opened[] = []
  const old = new Set<number>()
  let leftOut = 0
  try {
    for (const path of paths) leftOut += await openAll(path, options, { opened, old })
  } catch (cause) {
    await Promise.all(opened.map(({ handle }) => handle.close()))
    throw cause
  }
  return {
    files: opened.map(({ log }) => log),
    leftOut,
    old: old.size,
    lines: async function* () {
      for (const [file, one] of opened.entries()) yield* linesOf(one, file)
    },
    close: async () => void (await Promise.all(opened.map(({ handle }) => handle.close()))),
  }
}

/** A file that is renamed while we look is open already, or opened as what it is called then. */
const looks = 3

async function openAll(path: string, options: AccessLogOptions, found: Found): Promise<number> {
  let leftOut = 0
  for (let look = 0; look < looks; look++) {
    const names = await namesAt(path)
    leftOut = Math.max(0, names.length - MAX_LOG_FILES)
    let isNew = false
    for (const name of names.slice(0, MAX_LOG_FILES))
      isNew = (await openOne(name, options, found)) || isNew
    if (!isNew) break
  }
  return leftOut
}

/** The file itself comes first: once it is open, rotation takes nothing of it away. */
async function namesAt(path: string): Promise<string[]> {
  try {
    if ((await stat(path)).isDirectory()) {
      const entries = await readdir(path, { withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile())
        .map(({ name }) => join(path, name))
        .toSorted()
    }
    const own = basename(path)
    const names = (await readdir(dirname(path))).filter((name) => isRotated(name, own))
    return [path, ...names.toSorted().map((name) => join(dirname(path), name))]
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** Names that logrotate and its like give: `.1`, `-20261125`, `.2026-11-25`, `.2.gz`. */
function isRotated(name: string, own: string): boolean {
  if (name === own || !name.startsWith(own)) return false
  return /^(?:[.-]\d{1,10}(?:[-_]\d{1,6}){0,2})?(?:\.gz)?$/.test(name.slice(own.length))
}

/** False when it is open already, or not to be read. */
async function openOne(
  path: string,
  { positions, sinceMs }: AccessLogOptions,
  { old, opened }: Found,
): Promise<boolean> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (cause) {
    // Rotated away since we looked; by another name it is there still.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw unreadable(path, cause)
  }
  const { dev, ino, mtimeMs, size } = await handle.stat()
  const isKnown = opened.some(
    ({ log: { position } }) => position.device === dev && position.inode === ino,
  )
  if (!isKnown && mtimeMs < sinceMs) old.add(ino)
  if (isKnown || mtimeMs < sinceMs) {
    await handle.close()
    return false
  }
  const isGzip = path.endsWith('.gz')
  const before = positions.find(({ device, inode }) => device === dev && inode === ino)
  const from = !isGzip && before !== undefined && before.bytes <= size ? before : null
  const position = { device: dev, inode: ino, bytes: from?.bytes ?? 0, lines: from?.lines ?? 0 }
  opened.push({
    handle,
    isGzip,
    log: { name: path, position, bytes: 0, digest: new Uint8Array(0), isCut: false },
  })
  return true
}

const newline = 0x0a

async function* linesOf({ handle, isGzip, log }: Opened, file: number): AsyncGenerator<RawLine> {
  const hash = createHash('sha256')
  let { bytes: offset, lines: number } = log.position
  let rest: Buffer = Buffer.alloc(0)
  let isLong = false
  for await (const chunk of chunksOf(handle, isGzip, log)) {
    hash.update(chunk)
    const before = log.position.bytes + log.bytes
    log.bytes += chunk.length
    let start = 0
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, start)) {
      const line = chunk.subarray(start, at)
      start = at + 1
      const end = before + start
      const isTooLong = isLong || rest.length + line.length > MAX_LINE_BYTES
      const text = isTooLong ? null : textOf(rest, line)
      yield { file, number: ++number, text, ...(isGzip ? { offset: 0, end: 0 } : { offset, end }) }
      ;[offset, rest, isLong] = [end, Buffer.alloc(0), false]
    }
    rest = Buffer.concat([rest, chunk.subarray(start)])
    if (rest.length > MAX_LINE_BYTES) [isLong, rest] = [true, Buffer.alloc(0)]
  }
  log.digest = hash.digest()
  if (!isGzip) log.isCut ||= (await handle.stat()).size < log.position.bytes + log.bytes
}

/** Up to the size that the file has now: what is written meanwhile is for the next run. */
async function* chunksOf(
  handle: FileHandle,
  isGzip: boolean,
  log: LogFile,
): AsyncGenerator<Buffer> {
  const { size } = await handle.stat()
  const start = log.position.bytes
  if (size <= start) return
  const range = { autoClose: false, start, end: size - 1 }
  const raw = handle.createReadStream(range)
  if (!isGzip) return yield* raw as AsyncIterable<Buffer>
  const inflated = raw.pipe(createGunzip())
  raw.on('error', (error) => inflated.destroy(error))
  try {
    yield* inflated as AsyncIterable<Buffer>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_') !== true) throw error
    log.isCut = true
  }
}

/** Bytes as they are: a log may have any. */
function textOf(rest: Buffer, line: Buffer): string {
  const text = rest.length === 0 ? line : Buffer.concat([rest, line])
  return text.toString('latin1').replace(/\r$/, '')
}

function unreadable(path: string, cause: unknown): QueryError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException
  return new QueryError('RECONCILE_LOG_UNREADABLE', `${path}: ${code}`, { cause })
}
