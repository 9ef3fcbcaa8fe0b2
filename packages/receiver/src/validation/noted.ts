// What the receiver notes of validations, in `queue/validations.note`: the newest of each service,
// and how often each is to be made. It is a hint where to look in the log, and proves nothing. See
// pickup.test.ts.
import { join } from 'node:path'
import type { Validation } from '@grantlog/ledger'
import { readText, replaceText } from '../io/note.ts'

/** The newest validation of a service, for /readyz. */
export interface ValidationStatus {
  /** Empty: all. */
  readonly service: string
  readonly verdict: Validation['verdict']
  /** Unix ms: when it was made, and up to when it compared. */
  readonly madeAt: number
  readonly until: number
  readonly index: number
  /** Lines without a record, records without a line, streams that differ. */
  readonly noRecord: number
  readonly withoutLine: number
  readonly streamsDiffering: number
}

/** A service that somebody compares at an interval. */
export interface ReconcileInterval {
  /** Empty: all. */
  readonly service: string
  readonly everyMs: number
}

/** An interval in force, and since when, Unix ms; a restart does not begin it anew. */
export interface ReconcileStatus extends ReconcileInterval {
  readonly since: number
}

export interface NotedValidations {
  readonly newest: readonly ValidationStatus[]
  readonly schedule: readonly ReconcileStatus[]
}

const pathOf = (queueFolder: string): string => join(queueFolder, 'validations.note')

/** Another version's note says nothing: the next validation writes it anew. */
export async function readNotedValidations(queueFolder: string): Promise<NotedValidations> {
  try {
    const noted = JSON.parse((await readText(pathOf(queueFolder))) ?? '{}') as unknown
    const { newest, schedule } = noted as Partial<NotedValidations>
    if (Array.isArray(newest) && Array.isArray(schedule)) return { newest, schedule }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return { newest: [], schedule: [] }
}

/** Durable when it resolves. Errors: the system's. */
export async function noteValidations(
  queueFolder: string,
  { newest, schedule }: NotedValidations,
): Promise<void> {
  await replaceText(pathOf(queueFolder), JSON.stringify({ newest, schedule }))
}

/** Intervals in force now; those that were in force before have been since then. */
export function scheduleFrom(
  intervals: readonly ReconcileInterval[],
  before: readonly ReconcileStatus[],
  now: number,
): ReconcileStatus[] {
  return intervals.map(({ everyMs, service }) => {
    const known = before.find((one) => one.service === service && one.everyMs === everyMs)
    return { service, everyMs, since: known?.since ?? now }
  })
}
