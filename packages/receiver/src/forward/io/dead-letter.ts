// What a sink refused for good, as JSON lines beside the queue: where it is in the ledger or in the
// pass-through queue, never what it says. `grantlog prove` finds the record by its index.
import { open } from 'node:fs/promises'

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

/** Resolves once the line is durable; only then may the sink's offset move past it. */
export async function writeDeadLetter(path: string, letter: DeadLetter): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    await file.write(`${JSON.stringify(letter)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}
