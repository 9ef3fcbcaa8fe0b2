// What is fuzzed: something that reads bytes of others, and real bytes to begin with.

export interface Target {
  /** Right inputs. */
  readonly seeds: readonly Uint8Array[]
  /**
   * Reads it: gives false for what it says is none, or throws an error of ours. What is only true
   * of good input is checked inside, and thrown as an Error when it does not hold.
   */
  read(input: Uint8Array): unknown
  close?(): Promise<void>
}

/** A target with what it stands on: folders and keys are made when it is opened. */
export interface TargetSource {
  readonly name: string
  /** Of all inputs of a run, in parts; default 1. Slow ones take less. */
  readonly share?: number
  open(): Target | Promise<Target>
}

/** The errors that a reader of foreign bytes may throw: each has a code, and says what to do. */
const ours = new Set([
  ...['RecordError', 'TlogError', 'JournalError', 'LedgerError', 'ReceiverError', 'QueryError'],
  ...['PolicyError', 'QuerySyntaxError', 'SdkError', 'CliError', 'ConsoleError'],
])

/** The code of an error of ours; undefined for any other. */
export function ownCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !ours.has(error.name)) return undefined
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
