// Findings that another process has handed over, and what people decided of them: looked for
// several times a second, sealed, and told. See pickup.test.ts.
import {
  type Folders,
  type Found,
  isNothingHandedOver,
  type Ledger,
  SealedBefore,
  sealHandedOver,
} from '@grantlog/ledger'
import type { Log } from '../flow.ts'

export interface FindingsOptions {
  readonly folders: Folders
  readonly ledger: Pick<Ledger, 'commitContent' | 'leaves' | 'nextFrame'>
  readonly lookMs: number
  readonly log: Log
}

export interface FindingsPickup {
  /** Ends after a last look. */
  close(): Promise<void>
}

const levels = { informational: 'info', low: 'info', medium: 'warn' } as const

/** Looks at once, and from then on at the interval. */
export function startFindings({ folders, ledger, log, lookMs }: FindingsOptions): FindingsPickup {
  const before = new SealedBefore(ledger)
  let looking: Promise<void> | undefined
  let waits = false

  async function pickUp(): Promise<void> {
    const { refused, sealed } = await sealHandedOver(ledger, folders, 'finding', before)
    for (const { name, why } of refused) {
      log({ code: 'FINDING_REFUSED', level: 'error', file: name, detail: why })
    }
    for (const { content, index } of sealed) if (content.kind === 'found') tell(content, index)
    waits = false
  }

  function tell({ id, rule }: Found, index: number): void {
    const level = rule.level in levels ? levels[rule.level as keyof typeof levels] : 'error'
    log({ code: 'FINDING', level, title: rule.title, severity: rule.level, finding: id, index })
  }

  async function look(): Promise<void> {
    if (looking === undefined && isNothingHandedOver(folders, 'finding', before)) return
    looking ??= pickUp()
      .catch((error: unknown) => {
        // Once: it is tried several times a second.
        const cause = (error as { code?: string }).code ?? 'UNKNOWN'
        if (!waits) log({ code: 'FINDING_WAITS', level: 'error', cause })
        waits = true
      })
      .finally(() => (looking = undefined))
    await looking
  }

  void look()
  const timer = setInterval(() => void look(), lookMs)
  return {
    async close() {
      clearInterval(timer)
      await looking
      await look()
    },
  }
}
