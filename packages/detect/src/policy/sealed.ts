// The policies that were sealed, one after another, as one detector: it has each from its leaf, so
// that a restart or a replay judges every record as it was judged. A record is held against the
// policy that it names if what it tells of began within some minutes after the next one was
// sealed, for services ask each minute; else against the newest, whatever it names. See
// sealed.test.ts.
import { sha256 } from '@grantlog/ledger'
import { builtInPolicy, isObject, type JsonValue, type Policy, readPolicy } from '@grantlog/record'
import { type Detector, noDetections, type RuleName } from '../detection.ts'
import { type AuditEvent, ledgerPolicyAction } from '../event.ts'
import { FIELD, valueOf } from '../field.ts'
import { begunAt } from '../reading.ts'
import { createSee, type See } from './detector.ts'
import { followedWithinMs, hashesMax, policiesMax } from './limits.ts'
import { type PolicyRule, rulesOf } from './rules.ts'
import { tell } from './tally.ts'
import { createWindows } from './windows.ts'

/** A policy that was sealed. */
interface Sealed {
  readonly document: string
  readonly hash: string
  /** When the next one was; null: it is the newest. */
  endedMs: number | null
  readonly see: See
  readonly rules: ReadonlyMap<PolicyRule, RuleName>
}

export function sealedPolicyDetector(): Detector {
  const windows = createWindows()
  /** The newest last. */
  const sealed: Sealed[] = []
  const builtIn = builtInPolicy(sha256)
  /** Hashes of all that there were, with the places of their leaves: there are few. */
  const places = new Map<string, number>()

  function isKnown(hash: string, { index }: AuditEvent): boolean {
    if (sealed.length === 0 || hash === builtIn.hash) return true
    return index === null ? places.has(hash) : (places.get(hash) ?? Infinity) < index
  }
  function add(policy: Policy, document: string, endedMs: number | null): void {
    const see = createSee(policy, isKnown)
    sealed.push({ document, hash: policy.hash, endedMs, see, rules: rulesOf(policy) })
    if (sealed.length > policiesMax) sealed.shift()
  }
  function change({ attributes, index, receivedMs }: AuditEvent): void {
    const document = String(attributes.get('ledger.policy.document'))
    const policy = readPolicy(document, sha256)
    const last = sealed.at(-1)
    if (last !== undefined) last.endedMs = receivedMs
    if (!places.has(policy.hash)) places.set(policy.hash, index ?? -1)
    if (places.size > hashesMax) places.delete(places.keys().next().value!)
    add(policy, document, null)
  }
  function policyFor(event: AuditEvent): Sealed | undefined {
    const newest = sealed.at(-1)
    const hash = valueOf(event, FIELD.AUDIT_POLICY_HASH)
    if (newest === undefined || newest.hash === hash) return newest
    const own = sealed.findLast((one) => one.hash === hash)
    return own !== undefined && isFollowed(own, event) ? own : newest
  }

  return {
    // Of the kind, whichever policy is in force: a change of it is no other set of rules.
    rules: [...rulesOf({ hash: '' }).values()],
    take: (event) => {
      if (valueOf(event, FIELD.AUDIT_ACTION) === ledgerPolicyAction) {
        change(event)
        return []
      }
      const by = policyFor(event)
      if (by === undefined) return noDetections
      const { sightings } = by.see(event)
      if (sightings.length === 0) return noDetections
      return sightings.flatMap((one) => tell(one, event, { rules: by.rules, windows }))
    },
    snapshot: () => ({
      places: [...places],
      sealed: sealed.map(({ document, endedMs }) => [document, endedMs]),
      windows: windows.snapshot(),
    }),
    restore: (snapshot) => {
      if (!isObject(snapshot)) return
      const kept = snapshot as unknown as Kept
      places.clear()
      for (const [hash, index] of kept.places) places.set(hash, index)
      sealed.length = 0
      for (const [document, endedMs] of kept.sealed) {
        add(readPolicy(document, sha256), document, endedMs)
      }
      windows.restore(kept.windows)
    },
    health: () => ({ held: windows.size(), evicted: windows.evicted(), errors: new Map() }),
  }
}

/** Services ask each minute: for a while they do not know the next one. */
function isFollowed({ endedMs }: Sealed, event: AuditEvent): boolean {
  return begunAt(event) < (endedMs ?? Infinity) + followedWithinMs
}

interface Kept {
  readonly places: readonly (readonly [hash: string, index: number])[]
  readonly sealed: readonly (readonly [document: string, endedMs: number | null])[]
  readonly windows: JsonValue
}
