// Rows of test/edge/CONFORMANCE.md. A row says what a run has seen; conformance-reporter.mjs
// gathers them from the file that GRANTLOG_CONFORMANCE_ROWS names.
import { appendFileSync } from 'node:fs'

/** One line of one of the tables. */
export interface ConformanceRow {
  /** Its table: a heading of CONFORMANCE.md. */
  readonly table: string
  /** Names of the columns, and what stands there. */
  readonly cells: Readonly<Record<string, string>>
}

/** Written only by a test that has passed up to here. */
export function conformanceRow(row: ConformanceRow): void {
  const file = process.env['GRANTLOG_CONFORMANCE_ROWS']
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`)
}
