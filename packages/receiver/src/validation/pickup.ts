// Validations that another process has handed over: looked for at an interval, sealed, and told.
// See pickup.test.ts and test/crash/reconcile.test.ts.
import {
  type Folders,
  isNothingHandedOver,
  type Ledger,
  SealedBefore,
  sealHandedOver,
  type Validation,
} from '@grantlog/ledger'
import type { Log } from '../flow.ts'
import {
  noteValidations,
  readNotedValidations,
  type ReconcileInterval,
  type ReconcileStatus,
  scheduleFrom,
  type ValidationStatus,
} from './noted.ts'

export interface PickupOptions {
  readonly folders: Folders
  readonly ledger: Pick<Ledger, 'commitContent' | 'leaves' | 'nextFrame'>
  readonly lookMs: number
  /** What somebody else compares at an interval. */
  readonly intervals: readonly ReconcileInterval[]
  /** Unix milliseconds. */
  readonly now: () => number
  readonly log: Log
}

export interface Pickup {
  /** The newest of each service. */
  readonly newest: readonly ValidationStatus[]
  readonly schedule: readonly ReconcileStatus[]
  /** Looks once, now. Errors are told and not thrown. */
  look(): Promise<void>
  close(): Promise<void>
}

const codes = {
  agrees: { code: 'RECONCILE_AGREES', level: 'info' },
  differs: { code: 'RECONCILE_DIFFERENCES', level: 'warn' },
  incomplete: { code: 'RECONCILE_INCOMPLETE', level: 'warn' },
} as const

/** Looks at once, and from then on at the interval. */
export async function startPickup(options: PickupOptions): Promise<Pickup> {
  const { folders, intervals, ledger, log, lookMs, now } = options
  const noted = await readNotedValidations(folders.queue)
  const newest = new Map(noted.newest.map((status) => [status.service, status]))
  const schedule = scheduleFrom(intervals, noted.schedule, now())
  /** False: the note says another schedule than the one in force. */
  let isNoted = JSON.stringify(schedule) === JSON.stringify(noted.schedule)
  const before = new SealedBefore(ledger)
  let looking: Promise<void> | undefined

  async function pickUp(): Promise<void> {
    const { refused, sealed } = await sealHandedOver(ledger, folders, 'validation', before)
    for (const { name, why } of refused) {
      log({ code: 'VALIDATION_REFUSED', level: 'error', file: name, detail: why })
    }
    for (const { index, content: validation } of sealed) {
      const status = statusOf(index, validation)
      const { madeAt, service, verdict, ...details } = status
      newest.set(service, status)
      log({ ...codes[verdict], service, ...details, madeAt })
    }
    if (isNoted && sealed.length === 0) return
    // After a crash before this the note is a validation behind; the ledger is not.
    isNoted = false
    await noteValidations(folders.queue, { newest: [...newest.values()], schedule })
    isNoted = true
  }

  async function look(): Promise<void> {
    const isQuiet = isNoted && isNothingHandedOver(folders, 'validation', before)
    if (looking === undefined && isQuiet) return
    looking ??= pickUp()
      .catch((error: unknown) => {
        const cause = (error as { code?: string }).code ?? 'UNKNOWN'
        log({ code: 'VALIDATION_WAITS', level: 'error', cause })
      })
      .finally(() => (looking = undefined))
    await looking
  }

  await look()
  const timer = setInterval(() => void look(), lookMs)
  return {
    get newest() {
      return [...newest.values()]
    },
    schedule,
    look,
    async close() {
      clearInterval(timer)
      await look()
    },
  }
}

function statusOf(index: number, validation: Validation): ValidationStatus {
  const { lines, madeAt, service, streams, until, verdict } = validation
  return {
    ...{ service, verdict, madeAt, until, index },
    noRecord: lines?.noRecord ?? 0,
    withoutLine: lines?.withoutLine ?? 0,
    streamsDiffering: streams.differing,
  }
}
