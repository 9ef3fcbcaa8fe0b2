// Verifications of the whole log, one at a time, in a thread of their own. See server.test.ts.
import { randomUUID } from 'node:crypto'
import type { Run } from '../api/integrity.ts'
import { ConsoleError } from './codes.ts'
import { MAX_FINDINGS } from './limits.ts'

/** What a thread that verifies says: how far it is, then what it found. */
export type AuditMessage =
  | { readonly done: number; readonly of: number }
  | {
      readonly size: number
      readonly findingsCount: number
      readonly findings: readonly { code: string; where: string; detail: string }[]
    }

/** Starts a thread; gives what ends it. `onEnd` is told once, with null when it broke off. */
export type StartAudit = (
  what: Run['what'],
  on: {
    readonly message: (message: AuditMessage) => void
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
  /** Errors: CONSOLE_BUSY. */
  start(what: Run['what'], by: string): Run
  get(id: string): Run | null
  close(): void
}

export async function openRuns(
  startAudit: StartAudit,
  { note, now = Date.now }: { readonly note: RunNote; readonly now?: () => number },
): Promise<Runs> {
  let current: Run | null = lastOf(await note.read())
  let ended = current
  let stop: () => void = () => undefined
  const update = (part: Partial<Run>): void => {
    if (current !== null) current = { ...current, ...part }
  }
  const onMessage = (message: AuditMessage): void => {
    if ('done' in message) return update({ done: message.done, of: message.of })
    const { findings, findingsCount, size } = message
    const told = findings.slice(0, MAX_FINDINGS).map(({ code, detail, where }) => {
      const [, place] = /(\d+)/.exec(where) ?? []
      return {
        code,
        what: `${where}: ${detail}`,
        index: place === undefined ? null : Number(place),
      }
    })
    const state = findingsCount === 0 ? 'passed' : 'failed'
    const end = { state, endedAt: now(), done: size, of: size } as const
    return update({ ...end, findings: told, findingsTotal: findingsCount })
  }
  const onEnd = (error: Error | null): void => {
    if (current?.state === 'running') {
      const what = error?.message ?? 'it was stopped'
      const findings = [{ code: 'BROKEN_OFF', what, index: null }]
      update({ state: 'broken-off', endedAt: now(), findings, findingsTotal: 0 })
    }
    ended = current
    if (current !== null) void note.write(JSON.stringify(current)).catch(() => undefined)
  }
  return {
    get last() {
      return current
    },
    get ended() {
      return ended
    },
    start: (what, by) => {
      if (current?.state === 'running') throw new ConsoleError('CONSOLE_BUSY', 'a verification')
      const began = { startedAt: now(), endedAt: null, done: 0, of: 0 }
      current = {
        id: randomUUID(),
        what,
        by,
        state: 'running',
        ...began,
        findings: [],
        findingsTotal: 0,
      }
      stop = startAudit(what, { message: onMessage, end: onEnd })
      return current
    },
    get: (id) => (current?.id === id ? current : null),
    close: () => stop(),
  }
}

/** What another version noted is no result. */
function lastOf(text: string | null): Run | null {
  try {
    const run = JSON.parse(text ?? 'null') as Run | null
    if (run === null || typeof run.id !== 'string' || !Array.isArray(run.findings)) return null
    return run.state === 'running' ? { ...run, state: 'broken-off' } : run
  } catch {
    return null
  }
}
