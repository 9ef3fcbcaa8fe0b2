// Starts the thread that verifies, and keeps the note of the last result.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Folders } from '@grantlog/ledger'
import type { RunMessage, RunNote, StartRun } from '../runs.ts'

export function auditThreads(folders: Folders, logKey: string): StartRun {
  return ({ what }, { end, message }) => {
    // From source and from the build alike.
    const name = import.meta.url.endsWith('.ts') ? './audit-thread.ts' : './audit-thread.js'
    const worker = new Worker(new URL(name, import.meta.url), {
      workerData: { what, folders, logKey },
    })
    let failed: Error | null = null
    worker.on('message', (said: RunMessage) => message(said))
    worker.on('error', (error) => (failed = error as Error))
    worker.on('exit', () => end(failed))
    return () => void worker.terminate()
  }
}

export function fileNote(path: string): RunNote {
  return {
    read: () => readFile(path, 'utf8').catch(() => null),
    write: async (text) => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFile(`${path}.new`, text, { mode: 0o600 })
      await rename(`${path}.new`, path)
    },
  }
}
