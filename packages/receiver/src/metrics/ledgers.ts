// The ledgers of a receiver as its metrics see them: the main one, and each tenant's from when it
// is served. See ledgers.test.ts.
import type { TenantStatus } from '../options.ts'
import { type DelayWatch, type LogPlace, watchDelays } from './delays.ts'
import type { ReadableLedger, StreamSums } from './readings.ts'

/** What is asked of a tenant; `Tenant` has it. */
export interface ObservedLedger {
  /** Empty: the main one. */
  readonly name: string
  readonly place: () => LogPlace
  readonly accounts: { summary(): Promise<StreamSums> }
  status(): TenantStatus
}

export interface LedgersWatch {
  look(): void
  /**
   * One after the other: streams are walked for it. Rejects when the main one cannot be told; a
   * tenant that cannot hides nobody else.
   */
  read(): Promise<ReadableLedger[]>
}

/** `all` gives the same objects again, and more of them later. `uptimeMs` never goes back. */
export function watchLedgers(
  all: () => readonly ObservedLedger[],
  uptimeMs: () => number,
): LedgersWatch {
  const watches = new WeakMap<ObservedLedger, DelayWatch>()

  function delaysOf(ledger: ObservedLedger): DelayWatch {
    const known = watches.get(ledger)
    if (known !== undefined) return known
    const delays = watchDelays(ledger.place, uptimeMs)
    watches.set(ledger, delays)
    delays.look()
    return delays
  }

  async function readOne(ledger: ObservedLedger): Promise<ReadableLedger> {
    const tenant = ledger.name === '' ? undefined : ledger.name
    const summary = ledger.accounts.summary()
    const streams = await (tenant === undefined ? summary : summary.catch(() => null))
    return { tenant, status: ledger.status(), streams, delays: delaysOf(ledger) }
  }

  return {
    look() {
      for (const ledger of all()) delaysOf(ledger).look()
    },
    async read() {
      const told: ReadableLedger[] = []
      for (const ledger of all()) told.push(await readOne(ledger))
      return told
    },
  }
}
