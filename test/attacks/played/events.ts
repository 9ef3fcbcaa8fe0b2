// The ledger that the played attacks leave, as detection reads it, each event with its label.
import type { AuditEvent } from '@grantlog/detect'
import { foldersUnder, openReader } from '@grantlog/ledger'
import { recordAt } from '@grantlog/query'
import { eventAt } from '../../../packages/detect/src/ledger-events.ts'
import type { Attack, LabelledEvent } from '../label.ts'
import type { Played } from './play.ts'

/** In order of the log. */
export async function playedEvents({ attacks, forged, stage }: Played): Promise<LabelledEvent[]> {
  const reader = await openReader(foldersUnder(stage.data))
  const events: LabelledEvent[] = []
  try {
    for await (const { entries } of reader.frames(0)) {
      for (const entry of entries) {
        const event = eventAt(entry)
        if (event === null) continue
        const known = ofLedger(event, forged) ?? attacks.get(recordAt(entry)?.view.traceId ?? '')
        events.push({ event, attack: known ?? null })
      }
    }
  } finally {
    await reader.close()
  }
  return events
}

/** What the receiver says was refused is of the one forgery that there was. */
function ofLedger({ attributes }: AuditEvent, forged: Attack): Attack | undefined {
  return attributes.get('audit.action') === 'ledger.refusals' ? forged : undefined
}
