// The steps about the record itself: its bytes, its slots, and what the page says of it.
import {
  base64url,
  commitmentOf,
  digestOf,
  openSlot,
  type RecordView,
  type SlotName,
  utf8,
} from '@grantlog/record'
import type { Parts } from './parts.ts'
import type { RecordLeaf } from './entries.ts'
import { attempt } from './form.ts'
import type { Input, Step, StepId } from './step.ts'

/** What a page shows of a record. */
export interface Shown {
  readonly index: number
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
}

/** A step without a path. */
export function stepOf(
  id: StepId,
  [state, why]: readonly [Step['state'], string],
  inputs: readonly Input[] = [],
): Step {
  return { id, state, why, inputs, paths: [] }
}

export const ATTRIBUTES = {
  id: 'audit.record.id',
  seq: 'audit.sequence.number',
  action: 'audit.action',
  service: 'audit.producer.service',
  role: 'oauth.role',
  issuer: 'oauth.issuer',
  observedBy: 'audit.observed.by',
} as const

/** An attribute of the record as text; undefined when it has none. */
export function textOf(view: RecordView, name: string): string | undefined {
  const value = view.attributes.get(name)
  return value === undefined ? undefined : String(value)
}

export function digestStep({ bundle, crypto, leaf, view }: Parts): Step {
  const digest = base64url(digestOf(utf8(bundle.canonical), crypto.sha256))
  const inputs: Input[] = [
    { name: 'Canonical form of the record', value: bundle.canonical, form: 'block' },
    { name: 'Its SHA-256 digest, computed here', value: digest, form: 'hash' },
    { name: 'Leaf', value: bundle.leaf, form: 'block' },
  ]
  if (!leaf.ok) return stepOf('digest', ['failed', `the leaf is malformed: ${leaf.why}`], inputs)
  if (digest !== leaf.value.digest) {
    return stepOf('digest', ['failed', 'the digest is another than the one in the leaf'], inputs)
  }
  if (!view.ok) return stepOf('digest', ['failed', view.why], inputs)
  const why = misnamed(view.value, leaf.value)
  if (why !== null) return stepOf('digest', ['failed', why], inputs)
  return stepOf('digest', ['passed', 'the digest computed here is the one in the leaf'], inputs)
}

function misnamed(view: RecordView, leaf: RecordLeaf): string | null {
  const isSame =
    textOf(view, ATTRIBUTES.id) === leaf.id &&
    Number(view.attributes.get(ATTRIBUTES.seq)) === leaf.seq
  if (!isSame) return 'the leaf names another record'
  const ofStream = /^audit\.stream\.(start|heartbeat|stop)$/
  const type = ofStream.exec(textOf(view, ATTRIBUTES.action) ?? '')?.[1] ?? 'record'
  return type === leaf.type ? null : 'the leaf names another type of record'
}

export function slotsStep({ bundle, crypto, view }: Parts): Step {
  if (!view.ok) return stepOf('slots', ['skipped', 'the record cannot be read'])
  const { slots } = view.value
  const entries = Object.entries(bundle.openings)
  const opened = entries.map(([slot, opening]): Input => {
    const bytes = utf8(opening)
    const commitment = slots.get(slot as SlotName)
    const ofSlot = attempt(() => openSlot(bytes).slot)
    const fits = commitmentOf(bytes, crypto.sha256) === commitment && ofSlot.ok
    const mark = fits && ofSlot.value === slot ? 'fits' : 'differs'
    return { name: `Slot ${slot}, disclosed`, value: opening, form: 'block', mark }
  })
  const closed = [...slots]
    .filter(([slot]) => !Object.hasOwn(bundle.openings, slot))
    .map(([slot, commitment]): Input => {
      return {
        name: `Slot ${slot}, only a commitment`,
        value: commitment,
        form: 'hash',
        mark: 'closed',
      }
    })
  const inputs = [...opened, ...closed]
  const misfit = entries.find((_, i) => opened[i]!.mark === 'differs')
  if (misfit) {
    const name = slots.has(misfit[0] as SlotName) ? misfit[0] : 'that the record does not have'
    return stepOf('slots', ['failed', `the opening of slot ${name} does not fit`], inputs)
  }
  const parts = [
    ...(opened.length > 0 ? [`${opened.length} disclosed, and fitting`] : []),
    ...(closed.length > 0 ? [`${closed.length} withheld or erased: only commitments`] : []),
  ]
  return stepOf('slots', ['passed', parts.join('; ') || 'the record has no personal data'], inputs)
}

/** Whether the attributes on the page are those of the signed bytes, none left out or added. */
export function shownStep({ bundle, view }: Parts, shown: Shown): Step {
  if (!view.ok) return stepOf('shown', ['skipped', 'the record cannot be read'])
  if (shown.index !== bundle.index) {
    return stepOf('shown', ['failed', 'the bundle is of another record than the page'])
  }
  const signed = new Map([...view.value.attributes].map(([name, value]) => [name, String(value)]))
  const personal = new Map<string, string>()
  for (const opening of Object.values(bundle.openings)) {
    const slot = attempt(() => openSlot(utf8(opening)).fields)
    if (!slot.ok) continue
    for (const [name, value] of slot.value) personal.set(name, String(value))
  }
  const page = new Map(shown.attributes.map(({ name, value }) => [name, value]))
  const known = new Map([...personal, ...signed])
  const wrong = [
    ...[...signed].filter(([name, value]) => page.get(name) !== value).map(([name]) => name),
    ...[...page].filter(([name, value]) => known.has(name) && known.get(name) !== value),
  ]
  if (wrong.length > 0)
    return stepOf('shown', ['failed', `the page shows another ${nameIn(wrong)}`])
  const compared = [...page.keys()].filter((name) => known.has(name)).length
  const rest = page.size - compared
  const more = rest > 0 ? `; ${rest} in slots that this bundle does not disclose were not` : ''
  return stepOf('shown', ['passed', `${compared} attributes were compared${more}`])
}

function nameIn(wrong: readonly (string | readonly string[])[]): string {
  const [first] = wrong
  return typeof first === 'string' ? first : (first?.[0] ?? '')
}
