// A consumer's durable position: one number in one small file, replaced whole. See offset.test.ts.
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import { isFull, JournalError, messageOf, systemCode, wrapIo } from './errors.ts'
import { createGroupCommit } from './group-commit.ts'
import { nodeFiles } from './io/files.ts'
import type { Files } from './io/files.ts'
import { wholeNumber } from './limits.ts'

const TITLE = 'grantlog-offset-v1'
/** The content has less than this many bytes; whatever is longer is not one. */
const FILE_BYTES_MAX = 64

/**
 * Ownership: one writer per file. Concurrency: `set` may overlap itself: the last call wins, and
 * all overlapping ones resolve once it is durable.
 */
export interface Offset {
  /** The last durable number; 0 before the first `set` ever. */
  readonly value: number
  /**
   * Resolves once `value` (0…2^53 − 1; it may also go back) is durable: after a crash the file
   * holds the old number or the new one, whole. JOURNAL_FULL keeps the old one and leaves the
   * offset usable; JOURNAL_POISONED is for good; JOURNAL_ARGUMENT is a programmer's error.
   */
  set(value: number): Promise<void>
}

/**
 * Reads the offset in `file`, whose folder must exist; a missing file counts as 0.
 * Throws JOURNAL_OFFSET_CORRUPT when there is a file that is not an offset: starting over at 0
 * would repeat, and guessing would skip, so somebody must decide. JOURNAL_IO for other failures.
 */
export async function openOffset(file: string, files: Files = nodeFiles()): Promise<Offset> {
  let value = await wrapIo(`open ${file}`, () => load(file, files))
  const sets = createGroupCommit<number, void>({
    write: async (batch) => {
      const last = batch.at(-1) as number
      await store(file, last, files)
      value = last
      return batch.map(() => undefined)
    },
    maxItems: Number.MAX_SAFE_INTEGER,
    maxBytes: 0,
    sizeOf: () => 0,
  })
  return {
    get value() {
      return value
    },
    set: async (next) => sets.submit(wholeNumber('offset', next)),
  }
}

async function load(file: string, files: Files): Promise<number> {
  const bytes = new Uint8Array(FILE_BYTES_MAX)
  const open = await files.open(file, 'read').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (open === undefined) return 0
  try {
    const count = await open.read(bytes, 0)
    const text = new TextDecoder('latin1').decode(bytes.subarray(0, count))
    const value = Number(text.split('\n')[1])
    if (Number.isSafeInteger(value) && encodeOffset(value) === text) return value
  } finally {
    await open.close()
  }
  throw new JournalError('JOURNAL_OFFSET_CORRUPT', `${file} is not an offset`)
}

/** Title, decimal number, CRC-32 of both lines in hex; a line each. */
function encodeOffset(value: number): string {
  const lines = `${TITLE}\n${value}\n`
  return `${lines}${crc32(lines).toString(16).padStart(8, '0')}\n`
}

/**
 * 1. write and sync the number beside the file: a crash leaves the old file, and a leftover that
 *    the next set replaces;
 * 2. rename it over the file: a crash leaves the old or the new one, both whole, because the new
 *    one's bytes were synced first;
 * 3. sync the folder: from here on the new one stays.
 */
async function store(file: string, value: number, files: Files): Promise<void> {
  const temporary = `${file}.tmp`
  try {
    await writeWhole(temporary, encodeOffset(value), files)
    await files.rename(temporary, file)
    await files.syncDirectory(dirname(file))
  } catch (error) {
    if (error instanceof JournalError) throw error
    throw poisoned(file, error)
  }
}

async function writeWhole(path: string, text: string, files: Files): Promise<void> {
  let stage = 'write'
  try {
    const open = await files.open(path, 'replace')
    try {
      await open.write([new TextEncoder().encode(text)], 0)
      stage = 'sync'
      await open.sync()
    } finally {
      await open.close()
    }
  } catch (error) {
    // A full disk before the sync harmed only the temporary file.
    if (stage === 'sync' || !isFull(error)) throw poisoned(path, error)
    throw new JournalError('JOURNAL_FULL', `${path}: no space left`, { cause: error })
  }
}

function poisoned(path: string, cause: unknown): JournalError {
  return new JournalError('JOURNAL_POISONED', `${path}: ${messageOf(cause)}`, { cause })
}
