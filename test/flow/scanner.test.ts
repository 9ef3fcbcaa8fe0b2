// Guarantee: what the scanner gives is what the reader of @grantlog/record gives, byte for byte;
// and it takes what our own encoder writes.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type DividedOpenings, isOfOther, sha256, type SlotOpening } from '@grantlog/ledger'
import {
  ATTR,
  canonicalize,
  openRecord,
  RecordError,
  REGISTRY_VERSION,
  type SlotPart,
  type Span,
  spanFrom,
} from '@grantlog/record'
import { decodeTraceRequest, encodeTraceRequest, readAuditSpan } from '@grantlog/record/otlp'
import { wireFields } from '../../packages/record/src/otlp/wire.ts'
import { OpeningSplitter } from '../../packages/ledger/src/format/outline.ts'
import { anySpan, tokenSpan } from '../../packages/record/test/spans.ts'
import { claimNames } from '../../packages/receiver/src/verify/scan/known.ts'
import {
  type ScannedSpan,
  type ScanOptions,
  Scanner,
} from '../../packages/receiver/src/verify/scan/scanner.ts'
import { Slab } from '../../packages/receiver/src/verify/scan/slab.ts'
import { ScannedVerified } from '../../packages/receiver/src/verify/scanned.ts'

const scanner = new Scanner()
const splitter = new OpeningSplitter()

/** The bytes of a span in a request, as the receiver gets them. */
function bytesOf(span: Span): Buffer {
  const scope = { name: '@grantlog/sdk', version: '', attributes: [] }
  const request = encodeTraceRequest([{ resource: [], scope, spans: [span] }])
  const { messages } = decodeTraceRequest(Buffer.from(request)).groups[0]!
  return Buffer.from([...messages][0]!)
}

function judged(message: Buffer, registry: number): unknown {
  const body = Buffer.concat([
    wrapped(wrapped(Buffer.concat([scopeBytes, wrapped(message, 0x12)]), 0x12), 0x0a),
  ])
  const [decoded] = decodeTraceRequest(body).groups[0]!.spans
  if (decoded === undefined || 'error' in decoded) return null
  if (Object.keys(decoded.unsigned).length > 0) return null
  const { span } = decoded
  try {
    const { canonical, digest, slots } = canonicalize(span, { registry, sha256 })
    if (slots.some(({ opening }) => opening === null)) return null
    return {
      canonical: Buffer.from(canonical).toString('latin1'),
      digest: Buffer.from(digest).toString('latin1'),
      openings: openingsOf(slots.map(({ slot, opening }) => ({ slot, opening: opening! }))),
      shown: shownOf(canonical, slots),
      id: span.attributes.get(ATTR.AUDIT_RECORD_ID),
      seq: Number(span.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)),
      claims: claimNames.map((name) => {
        const value = name === ATTR.AUDIT_RECORD_ID ? undefined : span.attributes.get(name)
        return typeof value === 'string' ? value : undefined
      }),
    }
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
}

/** As the ledger divides them, unless some are about somebody else than who acted. */
function openingsOf(openings: readonly SlotOpening[] | DividedOpenings): unknown {
  if ('outline' in openings) return [latin1(openings.outline), latin1(openings.values)]
  if (!openings.some(({ slot }) => isOfOther(slot))) return openingsOf(splitter.split(openings))
  return openings.map(({ opening, slot }) => [slot, latin1(opening)])
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

/** What sinks get of a record that is read from the ledger. */
function shownOf(canonical: Uint8Array, slots: readonly SlotPart[]): unknown {
  const shown = slots.flatMap(({ slot, opening }) =>
    slot === 'pseudonym' && opening ? [{ slot, opening }] : [],
  )
  return sorted(spanFrom(openRecord(canonical), shown))
}

function read(message: Buffer): unknown {
  const decoded = readAuditSpan(message)
  if ('error' in decoded) throw decoded.error
  expect(decoded.unsigned).toEqual({})
  return sorted(decoded.span)
}

function sorted(span: Span): unknown {
  return { ...span, attributes: [...span.attributes].toSorted(([a], [b]) => (a < b ? -1 : 1)) }
}

const scopeBytes = wrapped(wrapped(Buffer.from('@grantlog/sdk'), 0x0a), 0x0a)

function wrapped(message: Uint8Array, tag: number): Buffer {
  const head = [tag]
  let rest = message.length
  for (; rest > 0x7f; rest >>= 7) head.push((rest & 0x7f) | 0x80)
  return Buffer.from([...head, rest, ...message])
}

/** Of a span that lies somewhere in a request. */
function scanOf(message: Buffer, options: ScanOptions): ScannedSpan | null {
  const within = Buffer.concat([Buffer.alloc(7, 0x4a), message, Buffer.alloc(9, 0x4a)])
  return scanner.scan(within, 7, 7 + message.length, options)
}

/** The record as it is committed. */
function lookedAt(record: ScannedSpan): ScannedVerified {
  const common = { digests: Buffer.alloc(0), firstSeq: 0, unsigned: new Uint8Array() }
  const none = { person: undefined, user: undefined, session: undefined }
  const identities = { ...none, actor: undefined, target: undefined }
  const producer = { service: '', environment: '', version: '' }
  return new ScannedVerified(record, common, { type: 'record', identities, producer })
}

function scanned(message: Buffer, registry: number): unknown {
  const record = scanOf(message, { registry, slab: new Slab() })
  if (record === null) return null
  const { claims, digest, seq } = record
  const { canonical, id, laid, openings, span } = lookedAt(record)
  if (laid) {
    const { bytes, canonicalAt, end, outlineAt, spanAt, valuesAt } = laid
    expect(bytes.subarray(canonicalAt, spanAt)).toEqual(canonical)
    const divided = {
      outline: bytes.subarray(outlineAt, valuesAt),
      values: bytes.subarray(valuesAt, end),
    }
    expect(divided).toEqual(openings)
  }
  return {
    ...{ claims, digest, id, seq },
    canonical: latin1(canonical),
    shown: read(span),
    openings: openingsOf(openings),
  }
}

test('a record as the SDK writes it is scanned', () => {
  const message = bytesOf(tokenSpan)
  expect(scanned(message, REGISTRY_VERSION)).toEqual(judged(message, REGISTRY_VERSION))
  expect(scanned(message, 1)).not.toBe(null)
})

test('whatever is scanned is what the reader reads', () => {
  let [taken, all] = [0, 0]
  fc.assert(
    fc.property(anySpan, fc.integer({ min: 1, max: REGISTRY_VERSION }), (span, registry) => {
      const message = bytesOf(span)
      const record = scanned(message, registry)
      all++
      if (record === null) return
      taken++
      expect(record).toEqual(judged(message, registry))
    }),
    { numRuns: 2000 },
  )
  expect(taken).toBeGreaterThan(all / 10)
})

test('bytes that were changed, cut or put in make no difference between the two', () => {
  const base = bytesOf(tokenSpan)
  const change = fc.record({
    at: fc.nat(base.length - 1),
    cut: fc.integer({ min: 0, max: 3 }),
    put: fc.uint8Array({ maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let message = base
      for (const { at, cut, put } of changes) {
        message = Buffer.concat([message.subarray(0, at), put, message.subarray(at + cut)])
      }
      const record = scanned(message, REGISTRY_VERSION)
      if (record !== null) expect(record).toEqual(judged(message, REGISTRY_VERSION))
    }),
    { numRuns: 20_000 },
  )
})

test('a record without one of its fields, or with one twice, makes no difference either', () => {
  const base = bytesOf(tokenSpan)
  const fields = [...wireFields(base)]
  expect(new Set(fields.map(({ number }) => number))).toEqual(new Set([1, 2, 4, 5, 6, 7, 8, 9, 15]))
  for (const { start, end } of fields) {
    agree(Buffer.concat([base.subarray(0, start), base.subarray(end)]))
    agree(Buffer.concat([base, base.subarray(start, end)]))
  }
  // An absent status is none of the two that a record may have (FORMAT.md 1.2).
  expect(agree(base.subarray(0, fields.find(({ number }) => number === 15)!.start))).toBe(false)
})

/** A message of field 9: an attribute with a text. */
function attribute(name: string, text: Uint8Array): Buffer {
  const value = wrapped(wrapped(text, 0x0a), 0x12)
  return wrapped(Buffer.concat([wrapped(Buffer.from(name), 0x0a), value]), 0x4a)
}

const agree = (message: Buffer): boolean => {
  const record = scanned(message, REGISTRY_VERSION)
  if (record !== null) expect(record).toEqual(judged(message, REGISTRY_VERSION))
  return record !== null
}

test('texts of every kind: escaped all through, at their longest, and not quite UTF-8', () => {
  const base = bytesOf(tokenSpan)
  const of = (text: Uint8Array): Buffer =>
    Buffer.concat([base, attribute(ATTR.OAUTH_ERROR_REASON, text)])
  const texts: [Uint8Array, boolean][] = [
    [Buffer.from('"'.repeat(1024)), true],
    [Buffer.from('\\'.repeat(1023)), true],
    [Buffer.from('x'.repeat(1025)), false],
    [Buffer.from('1234567é é 𝄞 \u{10ffff} \ud7ff\ue000'), true],
    [Buffer.from([0x1f]), false],
    [Buffer.from('1234567\n'), false],
    ...[
      [0xc3],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x9f, 0xbf],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf0, 0x9d, 0x84],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0x80],
      [0xff],
    ].flatMap((bytes): [Uint8Array, boolean][] => [
      [Buffer.from(bytes), false],
      [Buffer.concat([Buffer.from('1234567'), Buffer.from(bytes)]), false],
    ]),
  ]
  for (const [text, isScanned] of texts) {
    expect([text, agree(of(text))]).toEqual([text, isScanned])
  }
  const utf8 = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  const any = fc.oneof(
    utf8.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 40 }),
  )
  fc.assert(
    fc.property(any, (text) => void agree(of(text))),
    { numRuns: 5000 },
  )
})

test('an attribute that is there twice is not scanned, wherever it stands', () => {
  const base = bytesOf(tokenSpan)
  const { attributes } = tokenSpan
  for (const [name, value] of attributes) {
    if (typeof value !== 'string') continue
    const again = attribute(name, Buffer.from(value))
    expect(scanned(Buffer.concat([base, again]), REGISTRY_VERSION)).toBe(null)
    expect(scanned(Buffer.concat([again, base]), REGISTRY_VERSION)).toBe(null)
  }
})

test('a span as long as the scanner has room for, and one that is longer', () => {
  const base = bytesOf(tokenSpan)
  // A trace state is not covered, and no sink is shown it.
  const filled = (length: number): Buffer => {
    const head = wrapped(Buffer.alloc(length - base.length - 4), 0x1a)
    return Buffer.concat([head, base])
  }
  expect(filled(65_536)).toHaveLength(65_536)
  expect(scanned(filled(65_536), REGISTRY_VERSION)).not.toBe(null)
  expect(scanned(filled(65_537), REGISTRY_VERSION)).toBe(null)
  expect(agree(base)).toBe(true)
})

test('what one span was like does not show in the next, whatever came between', () => {
  fc.assert(
    fc.property(fc.array(anySpan, { minLength: 2, maxLength: 12 }), (spans) => {
      for (const span of [...spans, ...spans]) agree(bytesOf(span))
      expect(agree(bytesOf(tokenSpan))).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('memory that was released is for others, and not before', () => {
  const slab = new Slab()
  const message = bytesOf(tokenSpan)
  const first = scanOf(message, { registry: REGISTRY_VERSION, slab })!
  const canonicalOf = (record: ScannedSpan): string => latin1(lookedAt(record).canonical)
  const before = canonicalOf(first)
  const others = Array.from({ length: 200 }, () =>
    scanOf(message, { registry: REGISTRY_VERSION, slab: new Slab() })!,
  )
  expect(others.every((other) => canonicalOf(other) === before)).toBe(true)
  expect(canonicalOf(first)).toBe(before)
  slab.release()
  const next = scanOf(message, { registry: REGISTRY_VERSION, slab: new Slab() })!
  expect(next.piece).toBe(first.piece)
})
