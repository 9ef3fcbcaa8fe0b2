// What a sink refused for good, as JSON lines beside the queue: where it is in the ledger or in the
// pass-through queue, never what it says. `grantlog forward --dead` sends the records again. Two
// files at most: a full one is set aside, and the one set aside before it is dropped.
import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

export interface DeadLetter {
  /** Unix milliseconds. */
  readonly at: number
  readonly sink: string
  readonly source: 'ledger' | 'pass-through'
  /** HTTP status of the refusal; of a partial one, 2xx. */
  readonly status: number
  /** The sink's own word for why, with the name of the field, never its value. */
  readonly error?: string
  /** Spans refused. When a sink took the others it does not say which: `indexes` has them all. */
  readonly spans: number
  /** Indexes of records in the log, or numbers of pass-through frames. */
  readonly indexes: readonly number[]
}

export interface DeadLetterOptions {
  readonly folder: string
  readonly sink: string
  /** Bytes of a file; a letter that does not fit begins a new one. */
  readonly maxBytes: number
  /** A full file was set aside; `dropped`: the one before it is gone. */
  readonly onRotated: (dropped: boolean) => void
}

/** The letters of a sink, the oldest file first. */
export function deadLetterFiles(folder: string, sink: string): [aside: string, current: string] {
  return [join(folder, `${sink}.dead.1.jsonl`), join(folder, `${sink}.dead.jsonl`)]
}

/** Resolves once the line is durable; only then may the sink's offset move past it. */
export async function writeDeadLetter(
  letter: DeadLetter,
  { folder, maxBytes, onRotated, sink }: DeadLetterOptions,
): Promise<void> {
  const [aside, current] = deadLetterFiles(folder, sink)
  const line = Buffer.from(`${JSON.stringify(letter)}\n`)
  const size = await sizeOf(current)
  if (size > 0 && size + line.length > maxBytes) {
    const dropped = (await sizeOf(aside)) > 0
    await rename(current, aside)
    onRotated(dropped)
  }
  await appendLine(current, line)
}

/** Appends a whole line or nothing: what a full disk left of one is cut off again. */
async function appendLine(path: string, line: Buffer): Promise<void> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    const torn = size > 0 && !(await endsWithNewline(file, size))
    try {
      await file.appendFile(torn ? Buffer.concat([Buffer.from('\n'), line]) : line)
    } catch (error) {
      await file.truncate(size)
      throw error
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

async function endsWithNewline(file: FileHandle, size: number): Promise<boolean> {
  const last = Buffer.alloc(1)
  await file.read(last, 0, 1, size - 1)
  return last[0] === 0x0a
}

/** The letters of a sink, oldest first. A line that a crash tore is left out: it comes again. */
export async function readDeadLetters(folder: string, sink: string): Promise<DeadLetter[]> {
  const texts = await Promise.all(deadLetterFiles(folder, sink).map(textOf))
  return texts.flatMap((text) => text.split('\n')).flatMap(letterIn)
}

function letterIn(line: string): DeadLetter[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as DeadLetter]
  } catch {
    return []
  }
}

async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(missing(''))
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(({ size }) => size, missing(0))
}

function missing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value
    throw error
  }
}
