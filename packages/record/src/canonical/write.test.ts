import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anySpan, sha256, tokenSpan } from '../../test/spans.ts'
import { RecordError } from '../codes.ts'
import { attributeDefinitions, REGISTRY_VERSION, slotNames } from '../names.ts'
import { decodeTraceRequest } from '../otlp/decode.ts'
import { encodeTraceRequest } from '../otlp/encode.ts'
import type { AttributeValue, Span } from '../span.ts'
import { canonicalize, commitmentAttribute, saltAttribute } from './record.ts'
import { type BytesHash, writeSpan } from './write.ts'

const hash: BytesHash = {
  bytes: sha256,
  base64url: (bytes) => createHash('sha256').update(bytes).digest('base64url'),
}

/** What comes of it: a digest, or the code of an error. */
function outcome(make: () => Uint8Array): string {
  try {
    return Buffer.from(make()).toString('hex')
  } catch (error) {
    if (error instanceof RecordError) return error.code
    throw error
  }
}

/** As the reference decodes it. */
function decoded(span: Span | Uint8Array): Span {
  const scope = { name: '@grantlog/test', version: '1', attributes: [] }
  const { groups } = decodeTraceRequest(
    encodeTraceRequest([{ resource: [], scope, spans: [span] }]),
  )
  const read = groups[0]!.spans[0]!
  if ('error' in read) throw read.error
  return read.span
}

const byName = ([a]: [string, AttributeValue], [b]: [string, AttributeValue]): number =>
  a < b ? -1 : 1

/** Attributes that a digest covers: those of the registry, where a slot has a salt, and salts. */
function covered({ attributes }: Span): [string, AttributeValue][] {
  const salts = new Set(slotNames.map(saltAttribute))
  const isCovered = (name: string): boolean => {
    const slot = attributeDefinitions.get(name)?.slot
    return salts.has(name) || slot === null || (!!slot && attributes.has(saltAttribute(slot)))
  }
  return [...attributes].filter(([name]) => isCovered(name)).toSorted(byName)
}

function expectSame(span: Span): void {
  const options = { registry: REGISTRY_VERSION, sha256 }
  const written = outcome(() => writeSpan(span, hash).digest)
  expect(written).toBe(outcome(() => canonicalize(span, options).digest))
  if (!/^[0-9a-f]{64}$/.test(written)) return
  const { attributes, ...head } = decoded(writeSpan(span, hash).bytes.slice())
  const { attributes: _, ...expected } = decoded({ ...span, attributes: new Map(covered(span)) })
  expect([...attributes].toSorted(byName)).toStrictEqual(covered(span))
  expect(head).toStrictEqual(expected)
}

test('what is written in one pass has the digest of the canonical form, and is the span', () => {
  expectSame(tokenSpan)
  fc.assert(fc.property(anySpan, expectSame), { numRuns: 2_000 })
})

test('nothing of one record gets into the next, also behind one that fails', () => {
  const bad = new Map(tokenSpan.attributes).set('oauth.role', '')
  expectSame({ ...tokenSpan, attributes: bad })
  const few = new Map(tokenSpan.attributes)
  few.delete('oauth.role')
  expectSame({ ...tokenSpan, attributes: few })
})

const odd: AttributeValue[] = [
  '',
  '\ud800',
  'x'.repeat(2_000),
  'é'.repeat(600),
  '"\\\u0001\u007f é😀'.repeat(40),
  2n ** 63n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  -1n,
  128n,
  true,
  7n,
]
const names = [...attributeDefinitions.keys(), 'audit.slot.user.salt', 'of.somebody.else']

test('what breaks the profile is refused for the same reason', () => {
  const name = fc.constantFrom(...names)
  const change = fc.tuple(anySpan, name, fc.constantFrom(...odd))
  fc.assert(
    fc.property(change, ([span, changed, value]) =>
      expectSame({ ...span, attributes: new Map(span.attributes).set(changed, value) }),
    ),
    { numRuns: 4_000 },
  )
  for (const part of [{ traceId: 'x' }, { name: '' }, { kind: 9 }, { endTimeUnixNano: 1n }]) {
    expectSame({ ...tokenSpan, ...part })
  }
})

test('a failure is told with its message', () => {
  for (const message of ['invalid_grant', 'é "\\" 😀', 'x'.repeat(300)]) {
    expectSame({ ...tokenSpan, name: 'oauth.é', status: { code: 2, message } })
  }
})

test('a withheld slot is not for producers', () => {
  const attributes = new Map(tokenSpan.attributes).set(commitmentAttribute('user'), 'A'.repeat(43))
  expect(outcome(() => writeSpan({ ...tokenSpan, attributes }, hash).digest)).toBe(
    'RECORD_SLOT_MALFORMED',
  )
})

test('a slot that has no salt stays at home', () => {
  const attributes = new Map(tokenSpan.attributes)
  attributes.delete(saltAttribute('user'))
  expectSame({ ...tokenSpan, attributes })
})
