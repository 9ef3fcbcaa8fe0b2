// Events as Ory Hydra 2.3 makes them.
import { expect, test } from '@jest/globals'
import { WireWriter } from '@grantlog/record/otlp'
import { describeSpanEvent } from './describe.ts'
import { eventsIn } from './spans.ts'

const text = (value: string): Buffer => Buffer.from(value)

function message(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter()
  write(writer)
  return writer.finish()
}

function pair(key: string, value: string): Uint8Array {
  return message((writer) => {
    writer.bytes(1, text(key))
    writer.bytes(
      2,
      message((inner) => inner.bytes(1, text(value))),
    )
  })
}

function event(name: string, attributes: readonly (readonly [string, string])[]): Uint8Array {
  return message((writer) => {
    writer.fixed64(1, 1_795_720_000_000_000_123n)
    writer.bytes(2, text(name))
    for (const [key, value] of attributes) writer.bytes(3, pair(key, value))
  })
}

/** A request with one span that has these events. */
function requestOf(...events: readonly Uint8Array[]): Uint8Array {
  const span = message((writer) => {
    writer.bytes(1, Buffer.alloc(16, 1))
    writer.bytes(2, Buffer.alloc(8, 2))
    for (const each of events) writer.bytes(11, each)
  })
  const scope = message((writer) => writer.bytes(2, span))
  return message((writer) =>
    writer.bytes(
      1,
      message((inner) => inner.bytes(2, scope)),
    ),
  )
}

const unknown: string[] = []
const describing = {
  hashOf: (value: string) => `p1.${value}`,
  onUnknown: (name: string) => void unknown.push(name),
}

test('of a span there are the events of OAuth, by their places', () => {
  const found = eventsIn(
    requestOf(
      event('exception', []),
      event('OAuth2AccessTokenIssued', [
        ['OAuth2Subject', 'hash-of-alice'],
        ['OAuth2ClientID', 'web'],
        ['OAuth2Subject', 'alice'],
      ]),
    ),
  )
  expect(found).toEqual([
    {
      ...{ traceId: '01'.repeat(16), spanId: '02'.repeat(8), place: 1 },
      ...{ time: '1795720000000000123', name: 'OAuth2AccessTokenIssued' },
      attributes: { OAuth2Subject: 'alice', OAuth2ClientID: 'web' },
    },
  ])
})

test('what is no request of spans is refused', () => {
  expect(() => eventsIn(Buffer.from([0x0a, 0xff]))).toThrow(
    expect.objectContaining({ code: 'OTLP_MALFORMED' }),
  )
})

const described = (name: string, attributes: Record<string, string> = {}) => {
  const at = { traceId: '', spanId: '', place: 0, time: '0' }
  const told = describeSpanEvent({ ...at, name, attributes }, describing)
  return { action: told.action, ...Object.fromEntries(told.attributes) }
}

test('who, and for which client', () => {
  const said = { OAuth2ClientID: 'web', OAuth2Subject: 'alice', ClientIP: '203.0.113.7' }
  expect(described('OAuth2ConsentAccepted', said)).toMatchObject({
    action: 'oauth.consent',
    'audit.actor.type': 'user',
    'audit.actor.id': 'p1.alice',
    'user.id': 'alice',
    'oauth.client.id': 'web',
    'oauth.consent.result': 'granted',
    'client.address': '203.0.113.7',
  })
  const machine = { ...said, OAuth2GrantType: 'client_credentials', OAuth2Subject: 'web' }
  expect(described('OAuth2AccessTokenIssued', machine)).not.toHaveProperty(['user.id'])
})

test.each([
  ['OAuth2LoginRejected', 'oauth.login', 'denied'],
  ['OAuth2TokenExchangeError', 'oauth.token', 'failure'],
  ['OAuth2AccessTokenRevoked', 'oauth.revoke', 'success'],
  ['OIDCIdentityTokenIssued', 'hydra.identity_token_issued', 'success'],
])('%s is %s: %s', (name, action, outcome) => {
  expect(described(name)).toMatchObject({ action, 'audit.outcome': outcome })
})

test('an event that nobody knows is recorded under its own name, and told', () => {
  expect(described('OAuth2SomethingNew').action).toBe('hydra.something_new')
  expect(unknown).toEqual(['OAuth2SomethingNew'])
})
