// Validations that another process has handed over: looked for at an interval, sealed, and told.
// See pickup.test.ts and test/crash/reconcile.test.ts.
import { join } from 'node:path'
import { type Folders, type Ledger, sealHandedOver, type Validation } from '@grantlog/ledger'
import type { Log } from '../flow.ts'
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

export interface PickupOptions {
  readonly folders: Folders
  readonly ledger: Pick<Ledger, 'commitContent' | 'frames' | 'nextFrame'>
  readonly lookMs: number
  readonly log: Log
}

export interface Pickup {
  /** The newest of each service. */
  readonly newest: readonly ValidationStatus[]
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
  const { folders, ledger, log, lookMs } = options
  const notePath = join(folders.queue, 'validations.note')
  const newest = readNote(await readText(notePath))
  let looking: Promise<void> | undefined

  async function pickUp(): Promise<void> {
    const { refused, sealed } = await sealHandedOver(ledger, folders)
    for (const { name, why } of refused) {
      log({ code: 'VALIDATION_REFUSED', level: 'error', file: name, detail: why })
    }
    for (const { index, validation } of sealed) {
      const status = statusOf(index, validation)
      const { madeAt, service, verdict, ...details } = status
      newest.set(service, status)
      log({ ...codes[verdict], service, ...details, madeAt })
    }
    // After a crash before this the note is a validation behind; the ledger is not.
    if (sealed.length > 0) await replaceText(notePath, JSON.stringify([...newest.values()]))
  }

  async function look(): Promise<void> {
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

/** Another version's note says nothing: the next validation writes it anew. */
function readNote(text: string | undefined): Map<string, ValidationStatus> {
  try {
    const list = JSON.parse(text ?? '[]') as ValidationStatus[]
    return new Map(list.map((status) => [status.service, status]))
  } catch {
    return new Map()
  }
}
