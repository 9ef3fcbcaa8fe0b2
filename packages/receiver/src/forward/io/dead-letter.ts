// What a sink refused for good, as JSON lines beside the queue: where it is in the ledger or in the
// pass-through queue, never what it says. `grantlog forward --dead` sends the records again. Two
// files at most: a full one is set aside, and the one set aside before it is dropped.
import { join } from 'node:path'
import { type Files, nodeFiles } from '@grantlog/journal'

export type LetterSource =
  'ledger' | 'ledger-logs' | 'pass-through' | 'pass-through-logs' | 'pass-through-metrics'

export interface DeadLetter {
  /** Unix milliseconds. */
  readonly at: number
  readonly sink: string
  readonly source: LetterSource
  /** HTTP status of the refusal; of a partial one, 2xx. */
  readonly status: number
  /** The sink's own word for why, with the name of the field, never its value. */
  readonly error?: string
  /** Spans refused. When a sink took the others it does not say which: `indexes` has them all. */
  readonly spans: number
  /** Indexes of records or log records in the log, or numbers of pass-through frames. */
  readonly indexes: readonly number[]
}

export interface DeadLetterOptions {
  readonly folder: string
  readonly sink: string
  /** Bytes of a file; a letter that does not fit begins a new one. */
  readonly maxBytes: number
  /** A full file is about to be set aside; `dropped`: the one before it goes. May come again. */
  readonly onRotated: (dropped: boolean) => void
  readonly files: Files
}

/** The letters of a sink, the oldest file first. */
export function deadLetterFiles(folder: string, sink: string): [aside: string, current: string] {
  return [join(folder, `${sink}.dead.1.jsonl`), join(folder, `${sink}.dead.jsonl`)]
}

/**
 * Resolves once the letter is durable; only then may the sink's offset move past it. Calls may
 * overlap. Errors: the system's; a full disk leaves all as it was.
 */
export type DeadLetterWriter = (letter: DeadLetter) => Promise<void>

/** The one writer of a sink's letters. */
export function deadLetterWriter(options: DeadLetterOptions): DeadLetterWriter {
  const write = letterAppender(options)
  let last: Promise<void> = Promise.resolve()
  return (letter) => {
    const done = last.then(() => write(letter))
    last = done.catch(() => undefined)
    return done
  }
}

function letterAppender({
  files,
  folder,
  maxBytes,
  onRotated,
  sink,
}: DeadLetterOptions): DeadLetterWriter {
  const [aside, current] = deadLetterFiles(folder, sink)
  // What the last process or a failed call left at the end may be torn, or may not be on the disk
  // although it is read; and its name may not be durable.
  let isDoubtful = true
  return async (letter) => {
    const wasDoubtful = isDoubtful
    isDoubtful = true
    const text = `${JSON.stringify(letter)}\n`
    let size = await sizeOf(files, current)
    if (size > 0 && size + Buffer.byteLength(text) > maxBytes) {
      const dropped = (await sizeOf(files, aside)) > 0
      // Told before it is done: a process that dies in between must not drop letters in silence.
      onRotated(dropped)
      await files.rename(current, aside)
      // Before there is a new one: its name must not be kept without the other's new name.
      await files.syncDirectory(folder)
      size = 0
    }
    await appendLine(files, current, wasDoubtful && size > 0 ? `\n${text}` : text, size)
    // Before the offset moves: its own new name may be kept without this one.
    if (wasDoubtful || size === 0) await files.syncDirectory(folder)
    isDoubtful = false
  }
}

/** Appends a whole line or nothing: what a full disk left of one is cut off again. */
async function appendLine(files: Files, path: string, line: string, size: number): Promise<void> {
  const file = await files.open(path, size === 0 ? 'replace' : 'update', 0o600)
  try {
    try {
      await file.write([Buffer.from(line)], size)
    } catch (error) {
      await file.truncate(size).catch(() => undefined)
      throw error
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** The letters of a sink, oldest first. A line that a crash tore is left out: it comes again. */
export async function readDeadLetters(
  folder: string,
  sink: string,
  files: Files = nodeFiles(),
): Promise<DeadLetter[]> {
  const paths = deadLetterFiles(folder, sink)
  const texts = await Promise.all(paths.map((path) => textOf(files, path)))
  return texts.flatMap((text) => text.split('\n')).flatMap(letterIn)
}

function letterIn(line: string): DeadLetter[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as DeadLetter]
  } catch {
    return []
  }
}

async function textOf(files: Files, path: string): Promise<string> {
  const bytes = await files.read(path).catch(missing(new Uint8Array()))
  return new TextDecoder().decode(bytes)
}

async function sizeOf(files: Files, path: string): Promise<number> {
  return await files.size(path).catch(missing(0))
}

function missing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
