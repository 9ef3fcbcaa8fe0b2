// The formats of an export, each a line for a record. See formats.test.ts.
import type { LedgerRecord } from '../records.ts'
import { csvHead, csvLine } from './csv.ts'
import { recordJson } from './json.ts'
import { ocsfEvent } from './ocsf.ts'

export const EXPORT_FORMATS = ['ndjson', 'csv', 'ocsf'] as const

export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface FormatWriter {
  /** What stands before the first record, with its line end. */
  readonly head: string
  /** With its line end. */
  readonly line: (record: LedgerRecord) => string
}

export const formatWriters: Readonly<Record<ExportFormat, FormatWriter>> = {
  ndjson: { head: '', line: (record) => `${JSON.stringify(recordJson(record))}\n` },
  csv: { head: csvHead(), line: csvLine },
  ocsf: { head: '', line: (record) => `${JSON.stringify(ocsfEvent(record))}\n` },
}
