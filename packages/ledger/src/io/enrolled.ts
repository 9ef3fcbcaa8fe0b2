// keys/enrolled.json: who may sign. Commands and the receiver change it, each under the same lock,
// so that no two of them lose one of two keys. See enrolled.test.ts.
import { open, rm } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { jcsBytes, type JsonValue } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { decodeEnrolment, encodeEnrolment, type Enrolment } from '../format/enrolment.ts'
import { enrolledBytesMax } from '../limits.ts'
import { readIfThere, writeDurable } from './durable.ts'

const lockTries = 50
const lockWaitMs = 100

/** The enrolments of the file; none when there is no file. Throws ENROLLED_MALFORMED. */
export async function readEnrolledFile(path: string): Promise<Enrolment[]> {
  const bytes = await readIfThere(path)
  if (bytes === null) return []
  try {
    const list = JSON.parse(new TextDecoder().decode(bytes)) as unknown
    if (!Array.isArray(list)) throw new SyntaxError('not an array')
    return list.map((entry) => decodeEnrolment(jcsBytes(entry as JsonValue)))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new LedgerError('ENROLLED_MALFORMED', why, { cause })
  }
}

/**
 * Replaces the list durably; nothing is written when `change` throws, or gives the list that it
 * got. Throws its own errors, ENROLLED_BUSY (message: the lock's path), ENROLLED_MALFORMED,
 * LEDGER_LIMIT, LEDGER_FULL, LEDGER_POISONED.
 */
export async function changeEnrolledFile(
  path: string,
  change: (before: readonly Enrolment[]) => readonly Enrolment[],
): Promise<void> {
  const unlock = await lock(`${path}.lock`)
  try {
    const before = await readEnrolledFile(path)
    const all = change(before)
    if (all === before) return
    // Read back as the receiver will read it.
    for (const each of all) decodeEnrolment(encodeEnrolment(each))
    const text = `[\n${all.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`
    // A longer one would be read by nobody.
    if (Buffer.byteLength(text) > enrolledBytesMax) {
      throw new LedgerError('LEDGER_LIMIT', `${path} would have over ${enrolledBytesMax} bytes`)
    }
    await writeDurable(path, text, { mode: 0o600 })
  } finally {
    await unlock()
  }
}

async function lock(path: string): Promise<() => Promise<void>> {
  for (let tries = 0; tries < lockTries; tries++) {
    try {
      await (await open(path, 'wx', 0o600)).close()
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      await wait(lockWaitMs)
    }
  }
  throw new LedgerError('ENROLLED_BUSY', path)
}
