// Exports: made in the background, kept for a while, each with a signed manifest. People's names
// are never in them: for that there is `grantlog export --show-personal`. See server.test.ts.
import { randomUUID } from 'node:crypto'
import { exportRecords, exportVkey, manifestOf, parseQuery, type Reading } from '@grantlog/query'
import type { Export } from '../api/exports.ts'
import { ConsoleError } from './codes.ts'
import { isUnforeseen, problemOf } from './problem.ts'
import { EXPORT_KEPT_MS, MAX_EXPORT_BYTES, MAX_EXPORTS } from './limits.ts'

export interface ExportJobs {
  /** Errors: CONSOLE_BUSY, QuerySyntaxError, EXPORT_KEY_MISSING. */
  start(wanted: Pick<Export, 'query' | 'format'>): Export
  get(id: string): Export | null
  /** The file, or its manifest; null until it is done. */
  open(id: string, what: 'data' | 'manifest'): Promise<ReadableStream<Uint8Array> | null>
  close(): Promise<void>
}

/** A file that is being written, then read as often as it is asked for. */
export interface ExportFile {
  write(part: Uint8Array): Promise<void>
  /** No more is written. */
  end(): Promise<void>
  read(): ReadableStream<Uint8Array>
  remove(): Promise<void>
}

export interface ExportFiles {
  create(id: string): Promise<ExportFile>
  /** Removes all of them. */
  clear(): Promise<void>
}

interface Job {
  told: Export
  readonly file: Promise<ExportFile>
  readonly ending: AbortController
  readonly done: Promise<void>
  manifest: Uint8Array | null
}

export interface ExportJobsOptions {
  readonly files: ExportFiles
  readonly now?: () => number
  /** Told of what nobody foresaw. */
  readonly onError?: (error: unknown) => void
}

export function openExports(
  reading: Reading,
  { files, now = Date.now, onError = () => undefined }: ExportJobsOptions,
): ExportJobs {
  const jobs = new Map<string, Job>()
  const forget = async (id: string): Promise<void> => {
    const job = jobs.get(id)
    jobs.delete(id)
    await job?.file.then((file) => file.remove()).catch(() => undefined)
  }
  const begin = (told: Export): Job => {
    const file = files.create(told.id)
    const ending = new AbortController()
    const job: Job = { told, file, ending, manifest: null, done: Promise.resolve() }
    const fail = async (error: unknown): Promise<void> => {
      job.told = { ...job.told, state: 'failed', problem: problemOf(error).title }
      if (isUnforeseen(error)) onError(error)
      await file.then((one) => one.remove()).catch(() => undefined)
    }
    const forgetLater = (): void => {
      setTimeout(() => void forget(told.id), EXPORT_KEPT_MS).unref()
    }
    return Object.assign(job, {
      done: writeJob(job, reading, now()).catch(fail).finally(forgetLater),
    })
  }
  return {
    start: ({ format, query }) => {
      const running = [...jobs.values()].filter((job) => job.told.state === 'running')
      if (running.length >= MAX_EXPORTS) throw new ConsoleError('CONSOLE_BUSY', 'exports')
      // What was made longest ago makes room.
      const [oldest] = [...jobs.values()].filter((job) => job.told.state !== 'running')
      if (jobs.size >= MAX_EXPORTS && oldest !== undefined) void forget(oldest.told.id)
      parseQuery(query, reading.index.hasWord)
      // Without a key there would be no manifest.
      const key = exportVkey(reading.reader)
      const counts = { records: 0, bytes: 0, data: null, manifest: null }
      const said = { problem: '', key }
      const told: Export = { id: randomUUID(), query, format, state: 'running', ...counts, ...said }
      jobs.set(told.id, begin(told))
      return told
    },
    get: (id) => jobs.get(id)?.told ?? null,
    open: async (id, what) => {
      const job = jobs.get(id)
      if (job?.told.state !== 'done') return null
      if (what === 'data') return (await job.file).read()
      return new Blob([job.manifest as Uint8Array<ArrayBuffer>]).stream()
    },
    close: async () => {
      for (const { ending } of jobs.values()) ending.abort()
      await Promise.all(Array.from(jobs.values(), ({ done }) => done))
      await files.clear()
    },
  }
}

/** Writes the file of a job, then its manifest. `now`: when it was asked, Unix milliseconds. */
async function writeJob(job: Job, reading: Reading, now: number): Promise<void> {
  const { format, id, query } = job.told
  const file = await job.file
  const write = async (part: Uint8Array): Promise<void> => {
    const bytes = job.told.bytes + part.length
    if (bytes > MAX_EXPORT_BYTES) throw new ConsoleError('CONSOLE_EXPORT_TOO_LARGE')
    await file.write(part)
    job.told = { ...job.told, bytes }
  }
  const exported = await exportRecords({
    ...{ reading, query: parseQuery(query), format, now, write },
    signal: job.ending.signal,
    onProgress: (records) => (job.told = { ...job.told, records }),
  })
  await file.end()
  const { reader } = reading
  job.manifest = manifestOf({ reader, exported, query, format, showPersonal: false, now })
  const [data, manifest] = [`exports/${id}/data`, `exports/${id}/manifest`]
  job.told = { ...job.told, state: 'done', records: exported.records, data, manifest }
}
