// Guarantee: a record's document is an exact function of the record; every field has one name, one
// meaning and, in ECS, an allowed value.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anySpan, tokenSpan } from '../../test/spans.ts'
import { attributeDefinitions, ATTR, listAttributes } from '../names.ts'
import { decodeList } from '../list.ts'
import type { AttributeValue, Span } from '../span.ts'
import { documentId, ecsDocument } from './document.ts'
import type { EcsDocument } from './fields.ts'

const around = { service: 'login', environment: 'prod', version: '2.14.0' }

function documentOf(attributes: Record<string, AttributeValue> = {}, span: Partial<Span> = {}) {
  const all = new Map([...tokenSpan.attributes, ...Object.entries(attributes)])
  return ecsDocument({ ...around, span: { ...tokenSpan, ...span, attributes: all } })
}

/** Leaves by dotted name; arrays are leaves. */
function flat(document: EcsDocument, prefix = ''): Map<string, unknown> {
  const leaves = new Map<string, unknown>()
  for (const [name, value] of Object.entries(document)) {
    const path = `${prefix}${name}`
    if (typeof value !== 'object' || Array.isArray(value)) leaves.set(path, value)
    else for (const entry of flat(value as EcsDocument, `${path}.`)) leaves.set(...entry)
  }
  return leaves
}

const marks = {
  'grantlog.verdict': 'verified',
  'grantlog.origin': 'example.com/log',
  'grantlog.index': '42',
  'grantlog.leaf': '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
}

test('a token request, byte for byte', () => {
  expect(documentOf({ ...marks, 'oauth.library.name': 'oidc-provider' })).toEqual({
    '@timestamp': '2026-11-23T21:00:00.123456Z',
    ecs: { version: '8.11.0' },
    event: {
      kind: 'event',
      category: ['authentication'],
      type: ['start'],
      action: 'oauth.token',
      outcome: 'success',
      id: '019aaf25-0c00-7000-8000-000000000001',
      start: '2026-11-23T21:00:00.123456Z',
      end: '2026-11-23T21:00:00.129012Z',
      duration: 5_556_000,
      module: 'grantlog',
      dataset: 'grantlog.record',
      provider: 'oidc-provider',
      sequence: 1,
    },
    trace: { id: '5b8aa5a2d2c872e8321cf37308d69df2' },
    span: {
      id: '051581bf3cb55c13',
      name: 'oauth.token',
      kind: 'server',
      status: { code: 'ok' },
    },
    parent: { id: '5fb397be34d26b51' },
    service: { name: 'login', environment: 'prod', version: '2.14.0' },
    user: { id: 'alice', hash: 'p1.q7Yk0rQpMfT1S3vHnXw2ZA' },
    client: { address: '203.0.113.7', ip: '203.0.113.7' },
    source: { ip: '203.0.113.7' },
    oauth: {
      role: 'authorization_server',
      library: { name: 'oidc-provider' },
      client: { id: 'web' },
      grant: { type: 'authorization_code' },
      scope: { granted: ['offline_access', 'openid'] },
      token: { expires_in: 3600 },
      refresh: { rotated: false },
    },
    audit: {
      record: { id: '019aaf25-0c00-7000-8000-000000000001' },
      sequence: { number: 1 },
      action: 'oauth.token',
      outcome: 'success',
      producer: { service: 'login' },
      slot: {
        user: { salt: 'AAECAwQFBgcICQoLDA0ODw' },
        pseudonym: { salt: 'EBESExQVFhcYGRobHB0eHw' },
        network: { salt: 'ICEiIyQlJicoKSorLC0uLw' },
      },
    },
    grantlog: {
      verdict: 'verified',
      origin: 'example.com/log',
      index: 42,
      leaf: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    },
  })
})

test('its id is that of the record', () => {
  expect(documentId({ span: tokenSpan })).toBe('019aaf25-0c00-7000-8000-000000000001')
})

test('every attribute of any record stands under its own name, and nothing of it is lost', () => {
  fc.assert(
    fc.property(anySpan, (span) => {
      const fields = flat(ecsDocument({ ...around, span }))
      for (const [name, value] of span.attributes) {
        if (typeof value === 'bigint') expect(BigInt(fields.get(name) as string)).toBe(value)
        else if (listAttributes.has(name)) expect(fields.get(name)).toEqual(decodeList(`${value}`))
        else expect(fields.get(name)).toBe(value)
      }
      const micros = (name: string): bigint => {
        const [, seconds, fraction] = /^(.*)\.(\d{6})Z$/.exec(fields.get(name) as string)!
        return BigInt(Date.parse(`${seconds}Z`)) * 1_000n + BigInt(fraction!)
      }
      expect(micros('@timestamp') * 1_000n).toBe(span.startTimeUnixNano)
      expect(micros('event.end') * 1_000n).toBe(span.endTimeUnixNano)
    }),
  )
})

test('it is JSON, the same each time, whatever order attributes have', () => {
  fc.assert(
    fc.property(anySpan, (span) => {
      const document = ecsDocument({ ...around, span })
      const attributes = new Map([...span.attributes].toReversed())
      expect(JSON.parse(JSON.stringify(document))).toEqual(document)
      expect(ecsDocument({ ...around, span: { ...span, attributes } })).toEqual(document)
    }),
  )
})

test('no field is another one, nor the namespace of another', () => {
  const every = [...attributeDefinitions.values()].map(({ name, type }) => {
    const value = type === 'int' ? 1n : type === 'boolean' ? true : 'x'
    return [name, value] as const
  })
  const machinery = Object.values(ATTR).filter((name) => /^(audit\.slot|grantlog)\./.test(name))
  const attributes = Object.fromEntries([...every, ...machinery.map((name) => [name, '1'])])
  const span = { status: { code: 2, message: 'broken' } }
  const names = [
    ...flat(documentOf({ ...attributes, 'client.address': '::1' }, span)).keys(),
    ...['event.category', 'event.provider', 'event.reason', 'error.code'],
  ]
  // What is an attribute, and what is made: none is both, or one would overwrite the other.
  const made = names.filter((name) => !(name in attributes))
  expect(made).toEqual(expect.arrayContaining(['client.ip', 'error.code', 'span.status.message']))
  expect(Object.keys(attributes).filter((name) => !names.includes(name))).toEqual([])
  for (const name of names) {
    expect(names.filter((other) => other.startsWith(`${name}.`))).toEqual([])
  }
})

describe('values', () => {
  test.each<[AttributeValue, unknown]>([
    [0n, 0],
    [9_007_199_254_740_991n, 9_007_199_254_740_991],
    [9_007_199_254_740_992n, '9007199254740992'],
    [-9_007_199_254_740_992n, '-9007199254740992'],
  ])('the int %s is %j', (value, expected) => {
    const fields = flat(documentOf({ 'oauth.token.expires_in': value }))
    expect(fields.get('oauth.token.expires_in')).toBe(expected)
  })

  test.each([
    ['203.0.113.7', true],
    ['0.0.0.0', true],
    ['2001:db8::7', true],
    ['2001:DB8:0:0:0:0:0:7', true],
    ['::', true],
    ['::ffff:203.0.113.7', true],
    ['64:ff9b::203.0.113.7', true],
    ['1:2:3:4:5:6:7::', true],
    ['203.0.113', false],
    ['203.0.113.256', false],
    ['203.0.113.07', false],
    ['203.0.113.7:443', false],
    ['[::1]', false],
    ['fe80::1%eth0', false],
    ['1:2:3:4:5:6:7:8::', false],
    ['1:2:3:4:5:6:7', false],
    ['1::2::3', false],
    [':1:2:3:4:5:6:7', false],
    ['1:2:3:4:5:6:7:8:9', false],
    ['::12345', false],
    ['203.0.113.7::', false],
    ['unknown', false],
  ])('the address %s is an IP address: %s', (address, isOne) => {
    const fields = flat(documentOf({ 'client.address': address }))
    expect(fields.get('client.address')).toBe(address)
    expect(fields.get('client.ip')).toBe(isOne ? address : undefined)
    expect(fields.get('source.ip')).toBe(isOne ? address : undefined)
  })

  test('lists are arrays, also of one; an order that matters is kept', () => {
    const fields = flat(
      documentOf({
        'oauth.scope.granted': 'a%20b openid',
        'user.roles': 'admin',
        'oauth.actor.chain': 'second first',
      }),
    )
    expect(fields.get('oauth.scope.granted')).toEqual(['a b', 'openid'])
    expect(fields.get('user.roles')).toEqual(['admin'])
    expect(fields.get('oauth.actor.chain')).toEqual(['second', 'first'])
  })

  test('what is empty, or no attribute of the registry, is left out', () => {
    const attributes = new Map([...tokenSpan.attributes, ['__proto__.x', 'y'], ['shop', 'z']])
    const span = { ...tokenSpan, parentSpanId: '', attributes } as Span
    const document = ecsDocument({ span, service: 'login', environment: '', version: '' })
    expect(document).not.toHaveProperty('parent')
    expect(document).not.toHaveProperty('shop')
    expect(document['service']).toEqual({ name: 'login' })
    expect(Object.prototype).not.toHaveProperty('x')
  })

  test('a failure has its error and the reason behind it', () => {
    const attributes = {
      'oauth.error.code': 'invalid_grant',
      'oauth.error.reason': 'code_replayed',
      'error.type': 'invalid_grant',
    }
    const status = { code: 2, message: 'invalid_grant' }
    const fields = flat(documentOf({ ...attributes, 'audit.outcome': 'failure' }, { status }))
    expect(Object.fromEntries(fields)).toMatchObject({
      ...attributes,
      'error.code': 'invalid_grant',
      'event.reason': 'code_replayed',
      'span.status.code': 'error',
      'span.status.message': 'invalid_grant',
    })
  })
})
