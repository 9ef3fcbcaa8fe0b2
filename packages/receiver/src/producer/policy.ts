// The policy for the services: a file that the operator replaces. What it says is told to producers
// only after its change is a `policy` leaf of the log, which says who claims it and what is other
// than before: so it can be shown later under which rules they were. What was sealed last is in
// force until another is, whatever becomes of the file. See producer.test.ts and policy.test.ts.
import { randomUUID } from 'node:crypto'
import { basename, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { checkPolicy, encodePolicyChange, jcs, type JsonValue } from '@grantlog/record'
import { ReceiverError } from '../codes.ts'
import type { Log } from '../flow.ts'
import { readText, replaceText } from '../io/note.ts'
import { watchFile, type WatchedFile } from '../io/watched-file.ts'
import { MAX_POLICY_BYTES } from '../limits.ts'
import { FRESH_LOOKS_MAX, POLICY_FRESH_MS, POLICY_READ_TIMEOUT_MS } from '../policy-limits.ts'
import { authorOf, dropClaim } from './policy-author.ts'
import { type PolicyReading, policyReading, type ReadPolicy } from './policy-reading.ts'
import { sha256 } from './policy-text.ts'

export interface ServicePolicyOptions {
  /**
   * Where the file may lie; one that is not there, and never was, is no policy. Once it was read
   * from the first, what lies at another place is an older one and counts no more.
   */
  readonly paths: readonly [string, ...string[]]
  /** Holds the note of the last leaf. */
  readonly queueFolder: string
  readonly origin: string
  /** Makes a `policy` leaf; resolves once it is durable. */
  readonly commitPolicy: (id: string, content: Uint8Array) => Promise<unknown>
  readonly log: Log
  /** Between looks, milliseconds. */
  readonly lookMs: number
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
  /** Looks no more; what is being sealed is sealed. */
  end(): Promise<void>
}

/**
 * A file that cannot be used ends the start only where nothing was sealed before it. Errors:
 * RECEIVER_POLICY_INVALID, those of the system and of commitPolicy.
 */
export async function openServicePolicy(options: ServicePolicyOptions): Promise<ServicePolicy> {
  const { log, lookMs, origin, paths, queueFolder } = options
  const { file, reading } = watched(paths)
  const notePath = join(queueFolder, 'policy.note')
  let last = await noteIn(notePath, origin)
  let inForce = toldIn(last)
  let looking: Promise<void> | undefined

  async function seal({ document, hash }: ToldPolicy): Promise<void> {
    const from = basename(file.path)
    if (hash === last?.hash && from === last.from) return
    if (hash !== last?.hash) {
      const author = await authorOf(file.path, hash)
      const content = encodePolicyChange({ author, before: last ?? null, document }, sha256)
      await options.commitPolicy(randomUUID(), content)
    }
    await replaceText(notePath, `${origin}\n${hash}\n${jcs(document)}\n${from}\n`)
    last = { document, hash, from }
  }

  async function look(): Promise<void> {
    const text = await file.changed()
    if (text === undefined) return
    // What was read last may have come from a place that goes before this one, and went.
    const isPassedOver = file.path !== paths[0] && last?.from === basename(paths[0])
    if (text === null || isPassedOver) {
      const other = text === null ? '' : `; ${basename(file.path)} is, and is not put in force`
      const detail = `${last?.from || basename(paths[0])} is not there${other}`
      // Also where it went while nobody looked.
      if (last !== undefined) log({ code: 'POLICY_GONE', level: 'error', detail })
      return
    }
    const read = await reading.read(text)
    if (read === null) return
    const told = policyIn(file.path, read)
    try {
      await seal(told)
    } catch (error) {
      // The file is good and the ledger was not: the next look tries again.
      file.forget()
      throw error
    }
    inForce = told
    await dropClaim(file.path, told.hash)
    log({ code: 'POLICY_READ', level: 'info', hash: told.hash })
  }

  await firstLooks(look, file, lookMs).catch((error: unknown) => {
    if (inForce === null || !isOfFile(error)) throw error
    tellUnreadable(log, error)
  })
  return {
    get now() {
      return inForce
    },
    look: () =>
      (looking ??= look()
        .catch((error: unknown) => tellUnreadable(log, error))
        .finally(() => (looking = undefined))),
    end: async () => {
      await reading.stop()
      await looking
    },
  }
}

/** Until a file that changes just now holds still. */
async function firstLooks(
  look: () => Promise<void>,
  file: WatchedFile,
  lookMs: number,
): Promise<void> {
  await look()
  for (let looks = 0; file.isFresh; looks++) {
    if (looks === FRESH_LOOKS_MAX) throw invalid(file.path, 'it is written to again and again')
    await setTimeout(lookMs)
    await look()
  }
}

function tellUnreadable(log: Log, error: unknown): void {
  const detail = error instanceof Error ? error.message : String(error)
  log({ code: 'POLICY_UNREADABLE', level: 'error', detail })
}

/** What is wrong with the file, and not with the ledger. */
function isOfFile(error: unknown): boolean {
  const { code, errno } = error as { readonly code?: string; readonly errno?: number }
  return code === 'RECEIVER_POLICY_INVALID' || errno !== undefined
}

function watched(paths: ServicePolicyOptions['paths']): {
  readonly file: WatchedFile
  readonly reading: PolicyReading
} {
  const file: WatchedFile = watchFile(paths, {
    bytesMax: MAX_POLICY_BYTES,
    freshMs: POLICY_FRESH_MS,
    tooLarge: () => invalid(file.path, `over ${MAX_POLICY_BYTES} bytes`),
  })
  const reading = policyReading({
    timeoutMs: POLICY_READ_TIMEOUT_MS,
    tooSlow: () => invalid(file.path, 'it takes too long to read'),
  })
  return { file, reading }
}

function toldIn(noted: NotedPolicy | undefined): ToldPolicy | null {
  if (noted === undefined || noted.document === null) return null
  return { document: noted.document, hash: noted.hash }
}

/** Hash of the policy that the last `policy` leaf has; undefined when none was noted. */
export async function notedPolicy(
  queueFolder: string,
  origin: string,
): Promise<string | undefined> {
  return (await noteIn(join(queueFolder, 'policy.note'), origin))?.hash
}

/** A policy that was sealed; its document is not known where an older receiver noted it. */
interface NotedPolicy extends ToldPolicy {
  /** The name of its file; empty where an older receiver noted it. */
  readonly from: string
}

async function noteIn(path: string, origin: string): Promise<NotedPolicy | undefined> {
  const note = await readText(path)
  const [of, hash = '', document = '', from = ''] = note?.split('\n') ?? []
  if (of !== origin || hash === '') return undefined
  return { hash, document: documentIn(document, hash), from }
}

/** null: there is none, or not the one that was sealed. */
function documentIn(text: string, hash: string): JsonValue {
  let json: JsonValue
  try {
    json = JSON.parse(text) as JsonValue
  } catch {
    return null
  }
  const read = checkPolicy(json, sha256)
  return 'hash' in read && read.hash === hash ? json : null
}

/** Looks at an interval. Gives what ends it, which waits for a look that runs. */
export function keepReading(policy: ServicePolicy, ms: number): () => Promise<void> {
  const timer = setInterval(() => void policy.look(), ms)
  return () => {
    clearInterval(timer)
    return policy.end()
  }
}

function policyIn(path: string, read: ReadPolicy): ToldPolicy {
  if ('hash' in read) return read
  const { fault, faults } = read
  const { column, fix, line, path: at, what } = fault
  const more = faults > 1 ? ` (and ${faults - 1} more: grantlog policy check)` : ''
  throw invalid(`${path}:${line}:${column}`, `${at && `${at}: `}${what}${more}. ${fix}`)
}

function invalid(path: string, why: string): ReceiverError {
  return new ReceiverError('RECEIVER_POLICY_INVALID', `${path}: ${why}`)
}
