import { expect, test } from '@jest/globals'
import type { Row } from '../../api/records.ts'
import { sentenceOf, textOf } from './sentence.ts'

function said(over: Partial<Row>): string {
  return textOf(sentenceOf({ row: rowOf(over) }))
}

function rowOf(over: Partial<Row>): Row {
  return {
    ...{ index: 1, id: '', published: true, receivedAt: 0, startedAt: 0, durationMs: 1 },
    ...{ service: 'login', role: 'authorization_server', action: 'oauth.token', reason: '' },
    ...{ outcome: 'success', client: 'web', grantType: '', route: '', status: null, scopes: '' },
    ...{ userHash: '', traceId: '', privileged: '', ...over },
  }
}

test('it says who did what, where, and for whom', () => {
  const token = { grantType: 'refresh_token', userHash: 'p1.alice' }
  expect(said(token)).toBe('Client web asked login for tokens by refresh_token for user p1.alice')
  expect(said({ ...token, role: 'client', service: 'shop' })).toBe(
    'shop asked for tokens by refresh_token as client web for user p1.alice',
  )
  expect(said({ action: 'oauth.login', userHash: 'p1.alice' })).toBe(
    'User p1.alice logged in at login for client web',
  )
  expect(said({ action: 'oauth.login', client: '' })).toBe('Somebody logged in at login')
  expect(said({ action: 'oauth.login', client: '', outcome: 'failure' })).toBe(
    'Somebody tried to log in at login',
  )
  const access = { action: 'oauth.resource_access', route: 'GET /orders', service: 'api' }
  expect(said({ ...access, role: 'resource_server', userHash: 'p1.alice' })).toBe(
    'Client web called GET /orders of api for user p1.alice',
  )
  expect(said({ ...access, client: '' })).toBe('Somebody called GET /orders of api')
})

test('a name is shown in place of a pseudonym where the reader asked for it', () => {
  expect(said({ action: 'oauth.login', userHash: 'p1.a', user: 'alice' })).toContain('User alice')
})

test('an action of the application says its own name', () => {
  expect(said({ action: 'shop.export', client: '', service: 'shop' })).toBe('shop did shop.export')
})

test('of what an adapter saw, it names the service that it was seen of', () => {
  const seen = { name: 'audit.observed.service', value: 'keycloak/shop' }
  const shown = { slot: null, personal: false, group: '', brief: '', field: '' }
  const row = rowOf({ service: 'adapter', role: 'observer' })
  expect(textOf(sentenceOf({ row, attributes: [{ ...seen, ...shown }] }))).toBe(
    'Client web asked keycloak/shop for tokens',
  )
})
