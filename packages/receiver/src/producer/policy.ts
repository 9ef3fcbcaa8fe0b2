// The policy for the services: a file that the operator replaces. What it says is told to producers
// only after it is a `policy` leaf of the log, so that it can be shown later under which rules they
// were. See producer.test.ts.
import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { jcsBytes, type JsonValue, PolicyError, readPolicy } from '@grantlog/record'
import { ReceiverError } from '../codes.ts'
import type { Log } from '../flow.ts'
import { readText, replaceText } from '../io/note.ts'
import { watchFile } from '../io/watched-file.ts'
import { MAX_POLICY_BYTES } from '../limits.ts'

export interface ServicePolicyOptions {
  /** The file; one that is not there, and never was, is no policy. */
  readonly path: string
  /** Holds the note of the last leaf. */
  readonly queueFolder: string
  readonly origin: string
  /** Makes a `policy` leaf; resolves once it is durable. */
  readonly commitPolicy: (id: string, content: Uint8Array) => Promise<unknown>
  readonly log: Log
}

export interface ToldPolicy {
  readonly document: JsonValue
  /** As records name it: `audit.policy.hash`. */
  readonly hash: string
}

export interface ServicePolicy {
  /** Null: there is none. */
  readonly now: ToldPolicy | null
  /**
   * Looks whether the file changed. One that is gone or cannot be read leaves what is in force,
   * loudly. Never rejects.
   */
  look(): Promise<void>
}

/** Errors: RECEIVER_POLICY_INVALID, those of commitPolicy. */
export async function openServicePolicy(options: ServicePolicyOptions): Promise<ServicePolicy> {
  const { log, origin, path, queueFolder } = options
  const file = watchFile(path, {
    bytesMax: MAX_POLICY_BYTES,
    tooLarge: () => invalid(path, `over ${MAX_POLICY_BYTES} bytes`),
  })
  const notePath = join(queueFolder, 'policy.note')
  let last = await notedPolicy(queueFolder, origin)
  let inForce: ToldPolicy | null = null
  let looking: Promise<void> | undefined

  async function seal({ document, hash }: ToldPolicy): Promise<void> {
    if (hash === last) return
    await options.commitPolicy(randomUUID(), jcsBytes(document))
    await replaceText(notePath, `${origin}\n${hash}\n`)
    last = hash
  }

  async function look(): Promise<void> {
    const text = await file.changed()
    if (text === undefined) return
    if (text === null) {
      // Also where it went while nobody looked: services without one get no guarantees.
      if (inForce !== null || last !== undefined)
        log({ code: 'POLICY_UNREADABLE', level: 'error', detail: 'it is gone' })
      return
    }
    const read = policyIn(path, text)
    try {
      await seal(read)
    } catch (error) {
      // The file is good and the ledger was not: the next look tries again.
      file.forget()
      throw error
    }
    inForce = read
    log({ code: 'POLICY_READ', level: 'info', hash: read.hash })
  }

  await look()
  return {
    get now() {
      return inForce
    },
    look: () =>
      (looking ??= look()
        .catch((error: unknown) => {
          const detail = error instanceof Error ? error.message : String(error)
          log({ code: 'POLICY_UNREADABLE', level: 'error', detail })
        })
        .finally(() => (looking = undefined))),
  }
}

/** Hash of the policy that the last `policy` leaf has; undefined when none was noted. */
export async function notedPolicy(
  queueFolder: string,
  origin: string,
): Promise<string | undefined> {
  const note = await readText(join(queueFolder, 'policy.note'))
  const [of, hash] = note?.split('\n') ?? []
  return of === origin ? hash : undefined
}

/** Looks at an interval. Gives what ends it, which waits for a look that runs. */
export function keepReading(policy: ServicePolicy, ms: number): () => Promise<void> {
  const timer = setInterval(() => void policy.look(), ms)
  return () => {
    clearInterval(timer)
    return policy.look()
  }
}

function policyIn(path: string, text: string): ToldPolicy {
  try {
    const { hash } = readPolicy(text, (data) => createHash('sha256').update(data).digest())
    return { document: JSON.parse(text) as JsonValue, hash }
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    throw invalid(path, `${error.message}; ${error.fix}`)
  }
}

function invalid(path: string, why: string): ReceiverError {
  return new ReceiverError('RECEIVER_POLICY_INVALID', `${path}: ${why}`)
}
