// Starts the console: the ledger opened to be searched, its API and its page on a port.
import { join } from 'node:path'
import { decide, openFindings, type Place, silence } from '@grantlog/detect'
import { type Folders, readServedTile } from '@grantlog/ledger'
import { openReading, type Reading } from '@grantlog/query'
import { createConsoleApp } from './app.ts'
import { openExports } from './exports.ts'
import type { FindingsSource } from './findings.ts'
import { auditThreads, fileNote } from './io/audits.ts'
import { exportFiles } from './io/export-files.ts'
import { readPageFile } from './io/page-files.ts'
import { askReceiver } from './io/receiver.ts'
import { listen } from './io/serve.ts'
import { INDEX_PATIENCE_MS } from './limits.ts'
import type { Comparisons } from './options.ts'
import { openRuns, type StartRun } from './runs.ts'

export interface StartOptions {
  readonly folders: Folders
  /** Where the index is kept, and the note of the last verification. */
  readonly indexFolder: string
  readonly host?: string
  /** 0 takes any free port. */
  readonly port: number
  /** The admin port of the receiver that writes this ledger, as a URL. */
  readonly receiverUrl?: string | undefined
  readonly traceUrl?: string | undefined
  readonly allowedHosts?: readonly string[]
  readonly version: string
  readonly onError: (error: unknown) => void
  /** What can be compared from the page, and how; default nothing. */
  readonly compare?: { readonly services: readonly string[]; readonly start: StartRun } | undefined
}

export interface RunningConsole {
  readonly port: number
  readonly reading: Reading
  close(): Promise<void>
}

/** Resolves when it listens; what is in the ledger is indexed from then on. */
export async function startConsole(options: StartOptions): Promise<RunningConsole> {
  const { folders, host = '127.0.0.1', indexFolder, onError, port, receiverUrl, version } = options
  const reading = await openReading({ folders, indexFolder, patienceMs: INDEX_PATIENCE_MS })
  try {
    const { logKey } = reading.reader
    const note = fileNote(join(indexFolder, 'last-run.json'))
    const runs = await openRuns(auditThreads(folders, logKey), { note })
    const comparisons = await comparisonsOf(options)
    const files = await exportFiles(join(indexFolder, 'exports'), process.pid)
    const exports = openExports(reading, { files, onError })
    const ask = receiverUrl === undefined ? null : askReceiver(receiverUrl)
    const receiver =
      ask === null
        ? {}
        : {
            receiverStatus: () => ask('/readyz'),
            receiverStreams: () => ask('/grantlog/v1/streams'),
          }
    const app = createConsoleApp({
      ...{ reading, runs, ...comparisons, version, onError, ...receiver },
      ...{ exports, findings: await findingsFor(reading, options) },
      readTile: (path) => readServedTile(folders.ledger, path),
      readPage: readPageFile,
      ...(options.traceUrl === undefined ? {} : { traceUrl: options.traceUrl }),
      ...(options.allowedHosts === undefined ? {} : { allowedHosts: options.allowedHosts }),
    })
    const server = await listen(app, { host, port })
    reading.follow(onError)
    return {
      port: server.port,
      reading,
      close: async () => {
        runs.close()
        comparisons.comparisons?.runs.close()
        await server.close()
        await exports.close()
        await reading.close()
      },
    }
  } catch (error) {
    await reading.close()
    throw error
  }
}

/** What is decided is sealed by the receiver; without one it would only lie there. */
async function findingsFor(
  { reader }: Reading,
  { folders, receiverUrl }: StartOptions,
): Promise<FindingsSource> {
  const source = { reading: await openFindings(folders, reader) }
  if (receiverUrl === undefined) return source
  const place = (): Place => ({ folders, frame: reader.journal.next, now: Date.now() })
  return {
    ...source,
    decide: (decision) => decide(place(), decision),
    silence: (order) => silence(place(), order),
  }
}

async function comparisonsOf({
  compare,
  indexFolder,
}: StartOptions): Promise<{ comparisons?: Comparisons }> {
  if (compare === undefined) return {}
  const note = fileNote(join(indexFolder, 'last-comparison.json'))
  const runs = await openRuns(compare.start, { note })
  return { comparisons: { runs, services: compare.services } }
}
