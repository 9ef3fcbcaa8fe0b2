// The policy for the services: a file that the operator replaces. What it says is told to producers
// only after its change is a `policy` leaf of the log, which says who claims it and what is other
// than before: so it can be shown later under which rules they were. See producer.test.ts and
// policy.test.ts.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { encodePolicyChange, isObject, jcs, type JsonValue } from '@grantlog/record'
import { ReceiverError } from '../codes.ts'
import type { Log } from '../flow.ts'
import { readText, replaceText } from '../io/note.ts'
import { watchFile, type WatchedFile } from '../io/watched-file.ts'
import { MAX_POLICY_BYTES } from '../limits.ts'
import { authorOf, dropClaim } from './policy-author.ts'
import { readPolicyText, sha256 } from './policy-text.ts'

export interface ServicePolicyOptions {
  /** Where the file may lie; one that is not there, and never was, is no policy. */
  readonly paths: readonly [string, ...string[]]
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
  const { log, origin, paths, queueFolder } = options
  const file: WatchedFile = watchFile(paths, {
    bytesMax: MAX_POLICY_BYTES,
    tooLarge: () => invalid(file.path, `over ${MAX_POLICY_BYTES} bytes`),
  })
  const notePath = join(queueFolder, 'policy.note')
  let last = await noteIn(notePath, origin)
  let inForce: ToldPolicy | null = null
  let looking: Promise<void> | undefined

  async function seal({ document, hash }: ToldPolicy): Promise<void> {
    if (hash === last?.hash) return
    const author = await authorOf(file.path, hash)
    const content = encodePolicyChange({ author, before: last ?? null, document }, sha256)
    await options.commitPolicy(randomUUID(), content)
    await replaceText(notePath, `${origin}\n${hash}\n${jcs(document)}\n`)
    last = { document, hash }
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
    const read = policyIn(file.path, text)
    try {
      await seal(read)
    } catch (error) {
      // The file is good and the ledger was not: the next look tries again.
      file.forget()
      throw error
    }
    inForce = read
    await dropClaim(file.path, read.hash)
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
  return (await noteIn(join(queueFolder, 'policy.note'), origin))?.hash
}

/** A policy that was sealed; its document is not known where an older receiver noted it. */
interface NotedPolicy {
  readonly hash: string
  readonly document: JsonValue
}

async function noteIn(path: string, origin: string): Promise<NotedPolicy | undefined> {
  const note = await readText(path)
  const [of, hash = '', document = ''] = note?.split('\n') ?? []
  return of === origin && hash !== '' ? { hash, document: documentIn(document) } : undefined
}

/** null: there is none. */
function documentIn(text: string): JsonValue {
  try {
    const json = JSON.parse(text) as JsonValue
    return isObject(json) ? json : null
  } catch {
    return null
  }
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
  const read = readPolicyText(text)
  if ('policy' in read) return { document: read.document, hash: read.policy.hash }
  const { column, fix, line, path: at, what } = read[0]!
  const more = read.length > 1 ? ` (and ${read.length - 1} more: grantlog policy check)` : ''
  throw invalid(`${path}:${line}:${column}`, `${at && `${at}: `}${what}${more}. ${fix}`)
}

function invalid(path: string, why: string): ReceiverError {
  return new ReceiverError('RECEIVER_POLICY_INVALID', `${path}: ${why}`)
}
