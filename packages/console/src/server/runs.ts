// Verifications of the whole log, one at a time, in a thread of their own; comparisons likewise, in
// a process. See server.test.ts.
import { randomUUID } from 'node:crypto'
import { type Run, runSchema } from '../api/integrity.ts'
import { ConsoleError } from './codes.ts'
import { MAX_FINDINGS } from './limits.ts'

/** What a verification or a comparison says: how far it is, then what it found. */
export type RunMessage =
  | { readonly done: number; readonly of: number }
  | {
      readonly size: number
      readonly findingsCount: number
      readonly findings: Run['findings']
      /** Too little was there to say that nothing is wrong. */
      readonly isIncomplete?: boolean
    }

export type RunOrder = Pick<Run, 'service' | 'what'>

/** Starts one; gives what ends it. `end` is told once, with null for a thread that ended well. */
export type StartRun = (
  order: RunOrder,
  on: {
    readonly message: (message: RunMessage) => void
    readonly end: (error: Error | null) => void
  },
) => () => void

/** Where the last result outlives the process. */
export interface RunNote {
  read(): Promise<string | null>
  write(text: string): Promise<void>
}

export interface Runs {
  readonly last: Run | null
  /** The last one that is not under way any more. */
  readonly ended: Run | null
  /**
   * What is known of the log: the last one that passed or failed. One that failed stays until as
   * much has passed: a look at the tree says nothing of records, and a look that ended early says
   * nothing at all.
   */
  readonly standing: Run | null
  /** Errors: CONSOLE_BUSY. */
  start(order: RunOrder, by: string): Run
  get(id: string): Run | null
  close(): void
}

export async function openRuns(
  startRun: StartRun,
  { note, now = Date.now }: { readonly note: RunNote; readonly now?: () => number },
): Promise<Runs> {
  const noted = await note.read()
  let current: Run | null = lastOf(noted)
  let ended = current
  let standing = standingOf(noted) ?? standsAfter(null, current)
  let stop: () => void = () => undefined
  const update = (part: Partial<Run>): void => {
    if (current !== null) current = { ...current, ...part }
  }
  const onMessage = (message: RunMessage): void => {
    if ('done' in message) return update({ done: message.done, of: message.of })
    const { findings, findingsCount, isIncomplete = false, size } = message
    const state = isIncomplete ? 'incomplete' : findingsCount === 0 ? 'passed' : 'failed'
    const end = { state, endedAt: now(), done: size, of: size } as const
    const told = findings.slice(0, MAX_FINDINGS)
    return update({ ...end, findings: told, findingsTotal: findingsCount })
  }
  const onEnd = (error: Error | null): void => {
    if (current?.state === 'running') {
      const what = error?.message ?? 'it was stopped'
      const findings = [{ code: 'BROKEN_OFF', what, index: null }]
      update({ state: 'broken-off', endedAt: now(), findings, findingsTotal: 0 })
    }
    ended = current
    standing = standsAfter(standing, current)
    if (current === null) return
    void note.write(JSON.stringify({ ...current, standing })).catch(() => undefined)
  }
  return {
    get last() {
      return current
    },
    get ended() {
      return ended
    },
    get standing() {
      return standing
    },
    start: (order, by) => {
      if (current?.state === 'running') {
        const kind = current.what === 'comparison' ? 'a comparison' : 'a verification'
        throw new ConsoleError('CONSOLE_BUSY', kind)
      }
      const began = { startedAt: now(), endedAt: null, done: 0, of: 0 }
      current = {
        ...{ id: randomUUID(), ...order, by, state: 'running', ...began },
        ...{ findings: [], findingsTotal: 0 },
      }
      try {
        stop = startRun(order, { message: onMessage, end: onEnd })
      } catch (error) {
        onEnd(error as Error)
      }
      return current
    },
    get: (id) => (current?.id === id ? current : null),
    close: () => stop(),
  }
}

/** See `Runs.standing`. */
function standsAfter(before: Run | null, ended: Run | null): Run | null {
  if (ended === null || (ended.state !== 'passed' && ended.state !== 'failed')) return before
  const isNarrower = before?.what === 'full' && ended.what === 'tree'
  return before?.state === 'failed' && isNarrower ? before : ended
}

/** Noted beside the last run; null also for what an older version noted. */
function standingOf(text: string | null): Run | null {
  try {
    const { standing } = (JSON.parse(text ?? '{}') ?? {}) as { readonly standing?: unknown }
    return runSchema.safeParse(standing).data ?? null
  } catch {
    return null
  }
}

/** What another version noted is no result. */
function lastOf(text: string | null): Run | null {
  try {
    const run = runSchema.safeParse(JSON.parse(text ?? 'null')).data
    if (run === undefined) return null
    return run.state === 'running' ? { ...run, state: 'broken-off' } : run
  } catch {
    return null
  }
}
