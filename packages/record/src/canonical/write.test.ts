import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anySpan, sha256, tokenSpan } from '../../test/spans.ts'
import { RecordError } from '../codes.ts'
import { attributeDefinitions, REGISTRY_VERSION } from '../names.ts'
import type { AttributeValue, Span } from '../span.ts'
import { canonicalize, commitmentAttribute } from './record.ts'
import { digestSpan, type TextHash } from './write.ts'

const hash: TextHash = {
  bytes: (text) => createHash('sha256').update(text).digest(),
  base64url: (text) => createHash('sha256').update(text).digest('base64url'),
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

function expectSame(span: Span): void {
  const options = { registry: REGISTRY_VERSION, sha256 }
  const written = outcome(() => digestSpan(span, hash).digest)
  expect(written).toBe(outcome(() => canonicalize(span, options).digest))
}

test('what is written in one pass has the digest of the canonical form', () => {
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
  2n ** 63n,
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
    { numRuns: 2_000 },
  )
  for (const part of [{ traceId: 'x' }, { name: '' }, { kind: 9 }, { endTimeUnixNano: 1n }]) {
    expectSame({ ...tokenSpan, ...part })
  }
})

test('a withheld slot is not for producers', () => {
  const attributes = new Map(tokenSpan.attributes).set(commitmentAttribute('user'), 'A'.repeat(43))
  expect(outcome(() => digestSpan({ ...tokenSpan, attributes }, hash).digest)).toBe(
    'RECORD_SLOT_MALFORMED',
  )
})

test('its length is about that of the canonical form and the openings', () => {
  const { canonical, slots } = canonicalize(tokenSpan, { registry: REGISTRY_VERSION, sha256 })
  const openings = slots.reduce((sum, { opening }) => sum + opening!.length, 0)
  expect(digestSpan(tokenSpan, hash).length).toBe(canonical.length + openings)
})
