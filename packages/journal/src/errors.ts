/** Everything this package throws. The README's table is the same list; errors.test.ts compares. */
export const journalErrorCodes = [
  'JOURNAL_ARGUMENT',
  'JOURNAL_CLOSED',
  'JOURNAL_CORRUPT',
  'JOURNAL_FULL',
  'JOURNAL_IO',
  'JOURNAL_MISSING',
  'JOURNAL_OFFSET_CORRUPT',
  'JOURNAL_POISONED',
  'JOURNAL_QUOTA',
  'JOURNAL_READ_ONLY',
  'JOURNAL_TOO_LARGE',
] as const

/** One of `journalErrorCodes`. */
export type JournalErrorCode = (typeof journalErrorCodes)[number]

/** The only error class of this package: switch on `code`; `cause` keeps the system's own error. */
export class JournalError extends Error {
  readonly code: JournalErrorCode

  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options)
    this.name = 'JournalError'
    this.code = code
  }
}

/** The disk or quota is full: the one write error after which the data on disk is still known. */
export function isFull(error: unknown): boolean {
  const code = systemCode(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** `ENOENT`, `EIO`, …: the `code` of an error from the operating system, if it has one. */
export function systemCode(error: unknown): string | undefined {
  // Not by `instanceof`: the error may come from another realm (node:vm, jest).
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Runs `work`; whatever it throws leaves as a JournalError (JOURNAL_FULL or JOURNAL_IO). */
export async function wrapIo<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof JournalError) throw error
    const code = isFull(error) ? 'JOURNAL_FULL' : 'JOURNAL_IO'
    throw new JournalError(code, `${what}: ${messageOf(error)}`, { cause: error })
  }
}

/** Runs a sync. Once one failed, nobody knows what is on disk: JOURNAL_POISONED, for good. */
export async function syncOrPoison(what: string, sync: () => Promise<void>): Promise<void> {
  try {
    await sync()
  } catch (error) {
    throw new JournalError('JOURNAL_POISONED', `${what}: ${messageOf(error)}`, { cause: error })
  }
}

/** The bytes at `offset` of `path` are not what was made durable there. */
export function corrupt(path: string, offset: number, what: string): JournalError {
  return new JournalError('JOURNAL_CORRUPT', `${path} at byte ${offset}: ${what}`)
}

/** What a JournalError's message says about its cause. */
export function messageOf(error: unknown): string {
  const isError = typeof error === 'object' && error !== null && 'message' in error
  return isError ? String(error.message) : String(error)
}
