// The record of an event, and of events that are missing.
import { ATTR, type AttributeValue } from '@grantlog/record'
import type { Told } from '@grantlog/sdk/produce'
import type { Gap } from './position.ts'
import type { Feed, Source, SourceEvent } from './source.ts'

/** Services tell a moment: the shortest span there is. */
const momentNs = 1_000n
const nsPerMs = 1_000_000n

export function eventRecord(source: Source, event: SourceEvent): Told {
  const { action, attributes, failed, message } = event.describe()
  const startTimeUnixNano = event.moment?.timeUnixNano ?? BigInt(event.time) * nsPerMs
  const endTimeUnixNano = startTimeUnixNano + momentNs
  attributes.set(ATTR.AUDIT_ACTION, action)
  attributes.set(ATTR.AUDIT_OBSERVED_ID, event.id)
  mark(attributes, source)
  const parent = event.moment?.parent ?? null
  const occurrence = { startTimeUnixNano, endTimeUnixNano, parent }
  return { action, kind: 'internal', failed, message, attributes, occurrence }
}

/** From the beginning to the end of its span, events of the feed may be missing. */
export function gapRecord(source: Source, feed: Feed, { from, reason, until }: Gap): Told {
  const action = 'audit.observed.gap'
  const attributes = new Map<string, AttributeValue>([
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, 'failure'],
    [ATTR.AUDIT_ACTOR_TYPE, 'system'],
    [ATTR.AUDIT_OBSERVED_EVENT, feed.name],
    [ATTR.AUDIT_OBSERVED_REASON, reason],
  ])
  mark(attributes, source)
  const occurrence = {
    startTimeUnixNano: BigInt(from) * nsPerMs,
    endTimeUnixNano: BigInt(Math.max(until, from)) * nsPerMs + momentNs,
    parent: null,
  }
  return { action, kind: 'internal', failed: true, message: reason, attributes, occurrence }
}

/** What tells it from a record that was signed at its source (FORMAT.md 3.4). */
function mark(attributes: Map<string, AttributeValue>, source: Source): void {
  attributes.set(ATTR.OAUTH_ROLE, 'observer')
  attributes.set(ATTR.AUDIT_OBSERVED_BY, source.adapter)
  attributes.set(ATTR.AUDIT_OBSERVED_SERVICE, source.service)
  attributes.set(ATTR.OAUTH_ISSUER, source.issuer)
}
