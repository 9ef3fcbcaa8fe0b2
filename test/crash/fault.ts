// One row of the table of faults: a test that says what was broken, where, and what is expected;
// what was seen stands beside it (fault-reporter.mjs).
import { appendFileSync } from 'node:fs'
import { test } from '@jest/globals'

/** Set by run.mjs for `npm run test:crash -- --full`. */
export const isFull: boolean = process.env['GRANTLOG_CRASH_FULL'] !== undefined

export interface Fault {
  /** What breaks: `the receiver is killed while it commits`. */
  readonly fault: string
  /** The part that it breaks in. */
  readonly where: 'journal' | 'ledger' | 'receiver' | 'sink' | 'SDK' | 'application' | 'both sides'
  /** What must be seen, in a few words. */
  readonly expected: string
  /** Why it cannot run here; null or nothing: it can. */
  readonly skip?: string | null
  /** Runs only with `--full`. */
  readonly isLong?: boolean
}

/**
 * Declares the test of a row. `run` checks everything by itself, throws when it is not as expected,
 * and gives what it saw in numbers: `412 receipted, 412 in the log`.
 */
export function faultTest(fault: Fault, run: () => Promise<string>): void {
  const name = `${fault.where}: ${fault.fault} → ${fault.expected}`
  const reason = fault.isLong === true && !isFull ? 'only with --full' : (fault.skip ?? null)
  if (reason !== null) {
    process.stderr.write(`skipped: ${name}: ${reason}\n`)
    tell({ ...fault, seen: `skipped: ${reason}` })
    test.skip(name, () => undefined)
    return
  }
  test(name, async () => {
    try {
      tell({ ...fault, seen: await run() })
    } catch (error) {
      tell({ ...fault, seen: 'FAILED' })
      throw error
    }
  })
}

function tell({ expected, fault, seen, where }: Fault & { readonly seen: string }): void {
  const file = process.env['GRANTLOG_FAULT_ROWS']
  if (file !== undefined) {
    appendFileSync(file, `${JSON.stringify({ where, fault, expected, seen })}\n`)
  }
}
