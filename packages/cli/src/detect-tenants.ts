// Detection for the tenants of a data folder, all in the process that does it for the main ledger:
// each with a ledger, a state and findings of its own. One that fails is told and begins again from
// its last snapshot; it harms no other. See detect-tenants.test.ts.
import type { RunningDetection } from '@grantlog/detect'
import { problemOf } from './errors.ts'
import type { ReceiverEvent } from './log-codes.ts'

export interface FollowTenantsOptions {
  /** Names of those that are there. */
  readonly names: () => Promise<readonly string[]>
  /** Begins with one. */
  readonly start: (name: string) => Promise<RunningDetection>
  readonly log: (event: ReceiverEvent) => void
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs?: () => number
}

export interface FollowedTenants {
  readonly running: ReadonlyMap<string, RunningDetection>
  /** Begins with those that are new, and again with those that failed. Never rejects. */
  look(): Promise<void>
  /** Each keeps where it is, and ends. */
  close(): Promise<void>
}

/** Between two tries with one that failed, ms. */
export const TENANT_AGAIN_MS = 60_000

export function followTenants(options: FollowTenantsOptions): FollowedTenants {
  const { log, names, start, uptimeMs = () => performance.now() } = options
  const running = new Map<string, RunningDetection>()
  const later = new Map<string, number>()
  let looking: Promise<void> | undefined
  let isClosed = false

  function failed(tenant: string, error: unknown): void {
    const { code: cause } = problemOf(error)
    // Its receiver has not opened it yet.
    if (cause === 'LEDGER_NOT_FOUND') return
    later.set(tenant, uptimeMs() + TENANT_AGAIN_MS)
    const detail = { tenant, cause, againMs: TENANT_AGAIN_MS }
    log({ code: 'DETECT_TENANT_FAILS', level: 'error', ...detail })
  }

  async function begin(name: string): Promise<void> {
    try {
      const one = await start(name)
      running.set(name, one)
      one.ended.catch((error: unknown) => {
        running.delete(name)
        failed(name, error)
        void one.close().catch(() => undefined)
      })
    } catch (error) {
      failed(name, error)
    }
  }

  async function lookOnce(): Promise<void> {
    const found = await names().catch((error: unknown) => {
      failed('', error)
      return []
    })
    for (const name of found) {
      if (isClosed) return
      if (!running.has(name) && uptimeMs() >= (later.get(name) ?? -Infinity)) await begin(name)
    }
  }

  return {
    running,
    look: () => (looking ??= lookOnce().finally(() => (looking = undefined))),
    async close() {
      isClosed = true
      await looking
      await Promise.all(Array.from(running.values(), (one) => one.close()))
    },
  }
}
