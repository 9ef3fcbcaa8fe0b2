// Findings that another process has handed over, and what people decided of them: looked for when
// something happens in their folder, sealed, and told. See pickup.test.ts.
import { restsIn } from '@grantlog/journal'
import {
  type Folders,
  type Found,
  handoverFolder,
  type Ledger,
  makeFolder,
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

/** Where the system tells when something comes, there is one of so many looks. */
const quietLooks = 10

/** Looks at once, and from then on when something comes. */
export function startFindings({ folders, ledger, log, lookMs }: FindingsOptions): FindingsPickup {
  const before = new SealedBefore(ledger)
  const ending = new AbortController()
  let waits = false

  /** Whether there was anything. */
  async function pickUp(): Promise<boolean> {
    const { refused, sealed } = await sealHandedOver(ledger, folders, 'finding', before)
    for (const { name, why } of refused) {
      log({ code: 'FINDING_REFUSED', level: 'error', file: name, detail: why })
    }
    for (const { content, index } of sealed) if (content.kind === 'found') tell(content, index)
    waits = false
    return sealed.length + refused.length > 0
  }

  function tell({ id, rule }: Found, index: number): void {
    const level = rule.level in levels ? levels[rule.level as keyof typeof levels] : 'error'
    log({ code: 'FINDING', level, title: rule.title, severity: rule.level, finding: id, index })
  }

  async function look(): Promise<boolean> {
    try {
      return await pickUp()
    } catch (error) {
      // Once: it is tried several times a second.
      const cause = (error as { code?: string }).code ?? 'UNKNOWN'
      if (!waits) log({ code: 'FINDING_WAITS', level: 'error', cause })
      waits = true
      return true
    }
  }

  async function follow(): Promise<void> {
    const folder = handoverFolder(folders, 'finding')
    // Else nobody could be told of the first one; without it there are looks at the interval.
    await makeFolder(folder, 0o700).catch(() => undefined)
    const rest = restsIn(folder, ending.signal)
    while (!ending.signal.aborted) {
      await rest(await look(), { everyMs: lookMs, quietMs: quietLooks * lookMs })
    }
  }

  const ended = follow()
  return {
    async close() {
      ending.abort()
      await ended
      await look()
    },
  }
}
