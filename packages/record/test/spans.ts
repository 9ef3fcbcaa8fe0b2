// Spans for tests: one by hand, and an arbitrary one by fast-check.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { attributeDefinitions, slotNames } from '../src/names.ts'
import { saltAttribute } from '../src/canonical/record.ts'
import type { AttributeValue, Sha256, Span } from '../src/span.ts'

export const sha256: Sha256 = (data) => createHash('sha256').update(data).digest()

/** A log-in's token request, as the SDK describes one. */
export const tokenSpan: Span = {
  traceId: '5b8aa5a2d2c872e8321cf37308d69df2',
  spanId: '051581bf3cb55c13',
  parentSpanId: '5fb397be34d26b51',
  name: 'oauth.token',
  kind: 2,
  startTimeUnixNano: 1_795_467_600_123_456_000n,
  endTimeUnixNano: 1_795_467_600_129_012_000n,
  status: { code: 1, message: '' },
  attributes: new Map<string, AttributeValue>([
    ['audit.record.id', '019aaf25-0c00-7000-8000-000000000001'],
    ['audit.sequence.number', 1n],
    ['audit.action', 'oauth.token'],
    ['audit.outcome', 'success'],
    ['audit.producer.service', 'login'],
    ['oauth.role', 'authorization_server'],
    ['oauth.client.id', 'web'],
    ['oauth.grant.type', 'authorization_code'],
    ['oauth.scope.granted', 'offline_access openid'],
    ['oauth.token.expires_in', 3600n],
    ['oauth.refresh.rotated', false],
    ['user.id', 'alice'],
    ['audit.slot.user.salt', 'AAECAwQFBgcICQoLDA0ODw'],
    ['user.hash', 'p1.q7Yk0rQpMfT1S3vHnXw2ZA'],
    ['audit.slot.pseudonym.salt', 'EBESExQVFhcYGRobHB0eHw'],
    ['client.address', '203.0.113.7'],
    ['audit.slot.network.salt', 'ICEiIyQlJicoKSorLC0uLw'],
  ]),
}

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 })
const hexId = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .filter((bytes) => bytes.some((byte) => byte !== 0))
    .map((bytes) => Buffer.from(bytes).toString('hex'))

const salt = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'))

const definitions = [...attributeDefinitions.values()]
const required = new Map(tokenSpan.attributes)
for (const name of required.keys()) {
  if (attributeDefinitions.get(name)?.slot !== null) required.delete(name)
}

const attributes = fc
  .subarray(definitions, { maxLength: 12 })
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map((definition) =>
        valueOf(definition.type).map((value) => ({ definition, value })),
      ),
    ),
  )

function valueOf(type: string): fc.Arbitrary<AttributeValue> {
  if (type === 'int') return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  return type === 'boolean' ? fc.boolean() : text
}

/** Any span that keeps the profile, with any registered attributes. */
export const anySpan: fc.Arbitrary<Span> = fc
  .record({
    traceId: hexId(16),
    spanId: hexId(8),
    parentSpanId: fc.oneof(fc.constant(''), hexId(8)),
    name: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    kind: fc.integer({ min: 0, max: 5 }),
    start: fc.bigInt({ min: 1n, max: 2n ** 52n }),
    took: fc.bigInt({ min: 1n, max: 10_000_000n }),
    status: fc.record({ code: fc.constantFrom(1, 2), message: fc.string({ unit: 'binary' }) }),
    attributes,
    salts: fc.tuple(...slotNames.map(() => salt)),
  })
  .map(({ start, took, attributes: chosen, salts, ...fixed }) => {
    const all = new Map(required)
    for (const { definition, value } of chosen) {
      if (required.has(definition.name)) continue
      all.set(definition.name, value)
      const { slot } = definition
      if (slot) all.set(saltAttribute(slot), salts[slotNames.indexOf(slot)]!)
    }
    const startTimeUnixNano = start * 1000n
    const endTimeUnixNano = (start + took) * 1000n
    return { ...fixed, startTimeUnixNano, endTimeUnixNano, attributes: all }
  })
