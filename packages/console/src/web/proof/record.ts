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
import { type Shown, shownStepOf } from './shown.ts'
import { slotsStepOf } from './slots.ts'
import { type Input, type Step, stepOf } from './step.ts'

export const ATTRIBUTES = {
  id: 'audit.record.id',
  seq: 'audit.sequence.number',
  action: 'audit.action',
  service: 'audit.producer.service',
  role: 'oauth.role',
  issuer: 'oauth.issuer',
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
  const { slots: commitments } = view.value
  const fits = (slot: string, opening: string): boolean => {
    const bytes = utf8(opening)
    const read = attempt(() => openSlot(bytes).slot)
    const commitment = commitments.get(slot as SlotName)
    return read.ok && read.value === slot && commitmentOf(bytes, crypto.sha256) === commitment
  }
  return slotsStepOf({ openings: bundle.openings, commitments, fits })
}

/** Whether the attributes on the page are those of the signed bytes, none left out or added. */
export function shownStep({ bundle, view }: Parts, shown: Shown): Step {
  if (!view.ok) return stepOf('shown', ['skipped', 'the record cannot be read'])
  const { attributes: own } = view.value
  const personal = Object.values(bundle.openings).flatMap((opening) => {
    const slot = attempt(() => openSlot(utf8(opening)).fields)
    return slot.ok ? [...slot.value] : []
  })
  return shownStepOf(shown, bundle.index, { own, all: new Map([...personal, ...own]) })
}
