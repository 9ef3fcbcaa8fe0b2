import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anySpan, sha256, tokenSpan } from '../../test/spans.ts'
import { RecordError } from '../codes.ts'
import { attributeDefinitions, slotNames } from '../names.ts'
import type { AttributeValue, Span } from '../span.ts'
import { canonicalize } from './record.ts'
import { placeOfAttribute, placeOfSlot, placesLength, scanRecord, scanSlot } from './scan.ts'
import { openSlot } from './slot.ts'
import { openRecord } from './view.ts'

const places = new Int32Array(placesLength)
const options = { registry: 2, sha256 }
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
}

/** Whether the scan takes a record; when it does, it must say what the reference says. */
function scans(canonical: Uint8Array): boolean {
  if (!scanRecord(canonical, places)) return false
  const view = orNull(() => openRecord(canonical))
  if (!view) throw new Error(`only the scan takes ${latin1(canonical)}`)
  const said = (place: number): string | undefined =>
    places[place] === -1 ? undefined : latin1(canonical.subarray(places[place], places[place + 1]))
  const pairs: [unknown, unknown][] = []
  for (const { name, slot, type } of attributeDefinitions.values()) {
    if (slot !== null) continue
    const value = view.attributes.get(name)
    const found = said(placeOfAttribute(name))
    if (type === 'boolean') pairs.push([found !== undefined, value !== undefined])
    else pairs.push([found, value === undefined ? undefined : String(value)])
  }
  for (const slot of slotNames) pairs.push([said(placeOfSlot(slot)), view.slots.get(slot)])
  expect(pairs.filter(([found, expected]) => found !== expected)).toEqual([])
  return true
}

/** The same for an opening. */
function scansSlot(opening: Uint8Array): boolean {
  const slot = scanSlot(opening)
  if (slot !== null) expect(orNull(() => openSlot(opening))?.slot).toBe(slot)
  return slot !== null
}

/** Printable ASCII in every text, times of our century: what records look like. */
const usualSpan = anySpan.map((span): Span => {
  const plain = (text: string): string => text.replace(/[^ !#-[\]-~]/g, 'x')
  const took = span.endTimeUnixNano - span.startTimeUnixNano
  const start = 1_795_467_600_000_000_000n + (span.startTimeUnixNano % 10n ** 15n)
  const attributes = [...span.attributes].map(([name, value]): [string, AttributeValue] => {
    if (typeof value === 'string') return [name, plain(value)]
    return [name, typeof value === 'bigint' ? BigInt.asUintN(50, value) : value]
  })
  return {
    ...span,
    name: plain(span.name),
    status: { ...span.status, message: plain(span.status.message) },
    startTimeUnixNano: start,
    endTimeUnixNano: start + took,
    attributes: new Map(attributes),
  }
})

test('what records look like is taken, and means what the reference says', () => {
  fc.assert(
    fc.property(usualSpan, (span) => {
      const { canonical, slots } = canonicalize(span, options)
      expect(scans(canonical)).toBe(true)
      for (const { opening } of slots) expect(opening && scansSlot(opening)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('no valid record is read in another way, whatever is in it', () => {
  fc.assert(
    fc.property(anySpan, (span) => {
      const { canonical, slots } = canonicalize(span, options)
      scans(canonical)
      for (const { opening } of slots) if (opening) scansSlot(opening)
    }),
    { numRuns: 300 },
  )
})

const usual = canonicalize(tokenSpan, options)
const openings = usual.slots.map(({ opening }) => opening!)

test('no byte can be changed, left out or put in so that only the scan takes it', () => {
  let taken = 0
  const variants = (bytes: Uint8Array, at: number): Uint8Array[] => {
    const bytesAt = [0x22, 0x30, 0x41, 0x5c, 0x66, 0x7f, 0xc3]
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    return [
      Buffer.concat([before, after.subarray(1)]),
      ...bytesAt.map((byte) => Buffer.concat([before, Buffer.of(byte), after.subarray(1)])),
      ...bytesAt.map((byte) => Buffer.concat([before, Buffer.of(byte), after])),
      before,
    ]
  }
  for (let at = 0; at <= usual.canonical.length; at++) {
    for (const each of variants(usual.canonical, at)) taken += Number(scans(each))
  }
  for (const opening of openings) {
    for (let at = 0; at <= opening.length; at++) {
      for (const each of variants(opening, at)) taken += Number(scansSlot(each))
    }
  }
  // A canary: many changes leave a valid form, and those are looked at.
  expect(taken).toBeGreaterThan(1000)
})

test('members and attributes cannot change places', () => {
  const parts = latin1(usual.canonical).split(/(?<=[,{}])/)
  for (let i = 0; i < parts.length; i++) {
    for (let j = i; j < parts.length; j++) {
      const changed = [...parts]
      ;[changed[i], changed[j]] = [changed[j]!, changed[i]!]
      scans(Buffer.from(changed.join(''), 'latin1'))
      scans(Buffer.from(parts.toSpliced(i, j - i).join(''), 'latin1'))
    }
    scans(Buffer.from(parts.toSpliced(i, 0, parts[i]!).join(''), 'latin1'))
  }
})

test('limits: the longest texts that the reference takes, and one character more', () => {
  const at = (text: string, by: string): Uint8Array =>
    Buffer.from(latin1(usual.canonical).replace(text, by), 'latin1')
  for (const [text, by] of [
    ['"name":"oauth.token"', (n: number) => `"name":"${'n'.repeat(n)}"`],
    ['"message":""', (n: number) => `"message":"${'m'.repeat(n)}"`],
    ['"stringValue":"login"', (n: number) => `"stringValue":"${'v'.repeat(n)}"`],
  ] as const) {
    for (const n of [0, 1, 255, 256, 257, 1023, 1024, 1025]) {
      const changed = at(text, by(n))
      expect(scans(changed)).toBe(orNull(() => openRecord(changed)) !== null)
    }
  }
})

test('what breaks the profile in more than one byte is not taken', () => {
  const text = latin1(usual.canonical)
  const { traceId, spanId } = tokenSpan
  const [start, end] = [tokenSpan.startTimeUnixNano, tokenSpan.endTimeUnixNano].map(String)
  const broken = [
    text.replace(traceId, '0'.repeat(32)),
    text.replace(spanId, '0'.repeat(16)),
    text.replace(end!, start!),
    text.replace(end!, '1'.padEnd(19, '0')),
    text.replace(/"audit\.outcome":\{[^}]*\},/, ''),
  ]
  for (const each of broken) {
    expect(each).not.toBe(text)
    expect(scanRecord(Buffer.from(each, 'latin1'), places)).toBe(false)
  }
})
