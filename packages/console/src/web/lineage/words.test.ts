import { expect, test } from '@jest/globals'
import type { LineageNode } from '../../api/lineage.ts'
import { edgeTone, endOf, flagText, isAlarm, isOver, titleOf } from './words.ts'

const node = (over: Partial<LineageNode>): LineageNode => ({
  ...{ index: 1, id: '', at: '', service: 'login', role: 'authorization_server' },
  ...{ action: 'oauth.token', detail: '', outcome: 'success', reason: '', revocation: '' },
  ...{ client: '', userHash: '', session: '', scope: '', active: null, twinOf: null },
  ...{ privileged: '', expiresAt: '', revokedAt: '', expired: false, flags: [], ...over },
})

test('a title says what was done, and no more than that', () => {
  expect(titleOf(node({ detail: 'refresh_token' }))).toBe('token · refresh_token')
  expect(titleOf(node({ action: 'oauth.authorize', detail: 'GET /auth' }))).toBe('authorize')
  const api = { action: 'oauth.resource_access', role: 'resource_server' }
  expect(titleOf(node({ ...api, detail: 'GET /orders' }))).toBe('GET /orders')
  expect(titleOf(node({ ...api, detail: 'GET' }))).toBe('resource_access GET')
  expect(titleOf(node({ action: 'oauth.introspect', active: false }))).toBe(
    'introspect · not active',
  )
})

test('what expired before it was revoked is told as expired', () => {
  expect(endOf(node({}))).toBe(null)
  expect(endOf(node({ expiresAt: 'e' }))).toEqual({ word: 'expires', at: 'e' })
  const both = { expiresAt: 'e', revokedAt: 'r' }
  expect(endOf(node(both))).toEqual({ word: 'revoked', at: 'r' })
  expect(endOf(node({ ...both, expired: true }))).toEqual({ word: 'expired', at: 'e' })
  expect(isOver(node({ expiresAt: 'e' }))).toBe(false)
})

test('flags and edges that nobody has named yet are told all the same', () => {
  expect(flagText('some-new-flag').word).toBe('some new flag')
  expect(isAlarm('refresh-reuse')).toBe(true)
  expect(isAlarm('refused-after-expiry')).toBe(false)
  expect(edgeTone('unheard')).toBe('plain')
})
