import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anySpan, sha256, tokenSpan } from '../../test/spans.ts'
import { attributeDefinitions, REGISTRY_VERSION } from '../names.ts'
import type { AttributeValue, Span } from '../span.ts'
import { canonicalize, commitmentAttribute, digestOf, saltAttribute } from './record.ts'
import { commitmentOf, openSlot } from './slot.ts'
import { openRecord, spanFrom } from './view.ts'

const options = { registry: REGISTRY_VERSION, sha256 }
const digest = (span: Span): string =>
  Buffer.from(canonicalize(span, options).digest).toString('hex')
const withAttribute = (span: Span, name: string, value: AttributeValue | undefined): Span => {
  const attributes = new Map(span.attributes)
  if (value === undefined) attributes.delete(name)
  else attributes.set(name, value)
  return { ...span, attributes }
}

describe('the canonical form', () => {
  test('opens to the same record, and is its own canonical form', () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        const { canonical, digest: first, slots } = canonicalize(span, options)
        const openings = slots.map(({ slot, opening }) => ({ slot, opening: opening! }))
        const again = canonicalize(spanFrom(openRecord(canonical), openings), options)
        expect(Buffer.from(again.canonical).equals(canonical)).toBe(true)
        expect(digestOf(canonical, sha256)).toEqual(first)
      }),
    )
  })

  test('is the same whatever the order of attributes, and whatever else is on the span', () => {
    fc.assert(
      fc.property(anySpan, fc.string(), (span, stranger) => {
        const reversed = new Map([...span.attributes].toReversed())
        if (!attributeDefinitions.has(stranger)) reversed.set(stranger, 'added on the way')
        expect(digest({ ...span, attributes: reversed })).toBe(digest(span))
      }),
    )
  })

  test('is the same when a slot is withheld, and the commitment opens it', () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        const { canonical, slots } = canonicalize(span, options)
        const view = openRecord(canonical)
        expect(digest(spanFrom(view, []))).toBe(digest(span))
        for (const { slot, opening } of slots) {
          expect(commitmentOf(opening!, sha256)).toBe(view.slots.get(slot))
        }
      }),
    )
  })

  test('changes with every covered attribute: changed, taken away, or added', () => {
    fc.assert(
      fc.property(anySpan, fc.nat(), (span, pick) => {
        const names = [...span.attributes.keys()]
        const name = names[pick % names.length]!
        const before = digest(span)
        expect(digestOrRefusal(withAttribute(span, name, changed(span, name)))).not.toBe(before)
        expect(digestOrRefusal(withAttribute(span, name, undefined))).not.toBe(before)
        const absent = [...attributeDefinitions.values()].find(
          (each) => each.slot === null && each.type === 'string' && !span.attributes.has(each.name),
        )
        expect(digest(withAttribute(span, absent!.name, 'added'))).not.toBe(before)
      }),
    )
  })

  test('changes with every fixed field', () => {
    const before = digest(tokenSpan)
    const others: Partial<Span>[] = [
      { traceId: '5b8aa5a2d2c872e8321cf37308d69df3' },
      { spanId: '051581bf3cb55c14' },
      { parentSpanId: '' },
      { name: 'oauth.revoke' },
      { kind: 3 },
      { startTimeUnixNano: tokenSpan.startTimeUnixNano - 1000n },
      { endTimeUnixNano: tokenSpan.endTimeUnixNano + 1000n },
      { status: { code: 2, message: '' } },
      { status: { code: 1, message: 'fine' } },
    ]
    const digests = others.map((other) => digest({ ...tokenSpan, ...other }))
    expect(new Set([before, ...digests]).size).toBe(others.length + 1)
  })

  test('does not let a field move between slots or out of one', () => {
    const { canonical } = canonicalize(tokenSpan, options)
    const view = openRecord(canonical)
    expect(view.attributes.has('user.id')).toBe(false)
    expect(new TextDecoder().decode(canonical)).not.toContain('alice')
    expect([...view.slots.keys()].sort()).toEqual(['network', 'pseudonym', 'user'])
  })

  test('leaves the fields of a slot without salt uncovered', () => {
    const bare = withAttribute(tokenSpan, saltAttribute('user'), undefined)
    expect(canonicalize(bare, options).slots.map(({ slot }) => slot)).not.toContain('user')
  })
})

describe('what breaks the profile is refused', () => {
  const refused: [string, Span][] = [
    ['a zero trace id', { ...tokenSpan, traceId: '0'.repeat(32) }],
    ['an upper-case span id', { ...tokenSpan, spanId: '051581BF3CB55C13' }],
    ['an empty name', { ...tokenSpan, name: '' }],
    ['an unset status', { ...tokenSpan, status: { code: 0, message: '' } }],
    ['an unknown kind', { ...tokenSpan, kind: 6 }],
    ['an end at its start', { ...tokenSpan, endTimeUnixNano: tokenSpan.startTimeUnixNano }],
    ['parts of a microsecond', { ...tokenSpan, endTimeUnixNano: tokenSpan.endTimeUnixNano + 1n }],
    ['a lone surrogate', withAttribute(tokenSpan, 'oauth.client.id', '\ud800')],
    ['an empty string', withAttribute(tokenSpan, 'oauth.client.id', '')],
    ['a string where an int belongs', withAttribute(tokenSpan, 'oauth.token.expires_in', '3600')],
    ['an int beyond int64', withAttribute(tokenSpan, 'oauth.token.expires_in', 2n ** 63n)],
    ['no record id', withAttribute(tokenSpan, 'audit.record.id', undefined)],
    ['no sequence number', withAttribute(tokenSpan, 'audit.sequence.number', undefined)],
    ['no service', withAttribute(tokenSpan, 'audit.producer.service', undefined)],
    ['a salt of a slot without fields', withAttribute(tokenSpan, 'user.id', undefined)],
    ['a short salt', withAttribute(tokenSpan, 'audit.slot.user.salt', 'AAEC')],
    [
      'a salt beside a commitment',
      withAttribute(tokenSpan, commitmentAttribute('user'), 'A'.repeat(43)),
    ],
  ]
  test.each(refused)('%s', (_what, span) => {
    expect(() => canonicalize(span, options)).toThrow(
      expect.objectContaining({ name: 'RecordError' }),
    )
  })

  test('a string of 1,024 bytes passes, of 1,025 does not', () => {
    const ofBytes = (n: number): Span => withAttribute(tokenSpan, 'oauth.client.id', 'x'.repeat(n))
    expect(digest(ofBytes(1024))).toHaveLength(64)
    expect(() => digest(ofBytes(1025))).toThrow('longer than 1024 bytes')
    expect(() => digest(withAttribute(tokenSpan, 'oauth.client.id', 'é'.repeat(513)))).toThrow()
  })

  test('a registry version of the future is told apart from a malformed record', () => {
    expect(() => canonicalize(tokenSpan, { registry: REGISTRY_VERSION + 1, sha256 })).toThrow(
      expect.objectContaining({ code: 'REGISTRY_UNKNOWN' }),
    )
  })
})

describe('openRecord and openSlot accept nothing but what canonicalize makes', () => {
  const { canonical, slots } = canonicalize(tokenSpan, options)
  const text = new TextDecoder().decode(canonical)
  const variants: [string, string][] = [
    ['white space', text.replace('{', '{ ')],
    ['a member twice', text.replace('"kind":2', '"kind":2,"kind":2')],
    ['another order', text.replace(/"kind":2,("name":"[^"]*")/, '$1,"kind":2')],
    ['an escaped letter', text.replace('"name"', String.raw`"n\u0061me"`)],
    ['another spelling of a number', text.replace('"kind":2', '"kind":2.0')],
    ['a member more', text.replace('"kind":2', '"extra":1,"kind":2')],
    ['a member less', text.replace('"kind":2,', '')],
    ['an int as a number', text.replace('{"intValue":"3600"}', '{"intValue":3600}')],
    ['an int with a leading zero', text.replace('"3600"', '"03600"')],
    ['a personal attribute in clear', text.replace('"audit.action"', '"user.id"')],
    ['an unknown attribute', text.replace('"audit.action"', '"audit.acti0n"')],
    ['a short commitment', text.replace(/"user":"[^"]*"/, '"user":"AAAA"')],
  ]
  test.each(variants)('not %s', (_what, variant) => {
    expect(variant).not.toBe(text)
    expect(() => openRecord(new TextEncoder().encode(variant))).toThrow(
      expect.objectContaining({ name: 'RecordError' }),
    )
  })

  test('a byte order mark is not ignored', () => {
    const marked = Buffer.concat([Buffer.from('\ufeff'), canonical])
    expect(() => openRecord(marked)).toThrow('canonical')
  })

  test('an opening with a field of no slot is refused', () => {
    const { opening } = slots[0]!
    expect(openSlot(opening!).fields.size).toBe(1)
    const foreign = Buffer.from(Buffer.from(opening!).toString().replace('user.id', 'audit.action'))
    expect(() => openSlot(foreign)).toThrow('belongs to no slot')
  })
})

/** Another value of the same type; for a salt, another salt. */
function changed(span: Span, name: string): AttributeValue {
  const value = span.attributes.get(name)!
  if (name.endsWith('.salt')) return value === 'A'.repeat(22) ? 'Q'.repeat(22) : 'A'.repeat(22)
  if (typeof value === 'bigint') return value === 1n ? 2n : 1n
  return typeof value === 'boolean' ? !value : value === 'x' ? 'y' : 'x'
}

function digestOrRefusal(span: Span): string {
  try {
    return digest(span)
  } catch {
    return 'refused'
  }
}
