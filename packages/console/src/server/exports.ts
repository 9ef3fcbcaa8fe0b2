// Exports: made in the background, kept for a while. See server.test.ts.
import type { Export } from '../api/exports.ts'

export interface ExportJobs {
  /** Errors: CONSOLE_BUSY, QuerySyntaxError. */
  start(wanted: Pick<Export, 'query' | 'format'>): Export
  get(id: string): Export | null
  /** The file, or its manifest; null until it is done. */
  open(id: string, what: 'data' | 'manifest'): Promise<ReadableStream<Uint8Array> | null>
  close(): Promise<void>
}
