// Reads a policy in a thread of its own. What its file says may take a reader of YAML seconds, by
// accident or on purpose; receipts that are due meanwhile must not wait for it. See
// policy-reading.test.ts.
import { Worker } from 'node:worker_threads'
import type { JsonValue } from '@grantlog/record'
import type { Fault } from '../yaml.ts'

/** What a text says, or the first fault of it and how many there are. */
export type ReadPolicy =
  | { readonly document: JsonValue; readonly hash: string }
  | { readonly fault: Fault; readonly faults: number }

export interface PolicyReading {
  /** null: it was stopped. Errors: that of `tooSlow`; those of a thread that cannot be started. */
  readonly read: (text: string) => Promise<ReadPolicy | null>
  /** Ends a reading that runs. */
  readonly stop: () => Promise<void>
}

export interface PolicyReadingOptions {
  /** Of one reading. */
  readonly timeoutMs: number
  /** For a text that takes longer, or more memory than there is for it. */
  readonly tooSlow: () => Error
}

/** MiB of the thread's heap: a policy at its limits takes a tenth. */
const heapMb = 256

export function policyReading({ timeoutMs, tooSlow }: PolicyReadingOptions): PolicyReading {
  let running: Worker | undefined

  return {
    read: (text) =>
      new Promise((resolve, reject) => {
        const worker = startThread(text)
        running = worker
        const timer = setTimeout(() => {
          reject(tooSlow())
          void worker.terminate()
        }, timeoutMs)
        worker.on('message', resolve)
        worker.on('error', (error: NodeJS.ErrnoException) =>
          reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooSlow() : error),
        )
        worker.on('exit', () => {
          clearTimeout(timer)
          running = undefined
          resolve(null)
        })
      }),
    stop: async () => void (await running?.terminate()),
  }
}

function startThread(text: string): Worker {
  // From source and from the build alike.
  const isSource = import.meta.url.endsWith('.ts')
  const name = isSource ? './policy-thread.ts' : './policy-thread.js'
  return new Worker(new URL(name, import.meta.url), {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
    ...(isSource && { execArgv: ['--conditions=@grantlog/source'] }),
  })
}
