import { expect, test } from '@jest/globals'
import { classify } from './classify.ts'

const failed = { error: 'invalid_request' }

test.each<[string, string, number | null, object | null, string | null]>([
  ['grant_type=x', '/anything', 200, { access_token: 'a' }, 'oauth.token'],
  ['grant_type=x', '/anything', null, null, 'oauth.token'],
  ['grant_type=x&token=y', '/introspect', 400, failed, 'oauth.token'],
  ['token=x', '/anything', 200, { active: false }, 'oauth.introspect'],
  ['token=x', '/oauth2/introspect', 500, null, 'oauth.introspect'],
  ['token=x', '/token_introspection', null, null, 'oauth.introspect'],
  ['token=x', '/oauth2/revoke', 200, null, 'oauth.revoke'],
  ['token=x', '/token/revocation', null, null, 'oauth.revoke'],
  ['token=x', '/api/auth.revoke', 200, { ok: true }, 'oauth.revoke'],
  ['token=x', '/v1/tokenRevocation', 200, null, 'oauth.revoke'],
  ['token=x', '/oauth/revoke_token/', 200, null, 'oauth.revoke'],
  ['token=x&file=F1', '/api/files.revokePublicURL', 200, { ok: true }, null],
  ['token=x', '/invitations/revoke/4711', 200, { ok: true }, null],
  ['token=x', '/api/chat.postMessage', 200, { ok: true, active: 'yes' }, null],
  ['token=x', '/siteverify', null, null, null],
  ['client_id=x&response_type=code', '/par', 201, { request_uri: 'urn:x' }, 'oauth.par'],
  ['client_id=x&request=jwt', '/anything', 201, { request_uri: 'urn:x' }, 'oauth.par'],
  ['client_id=x&response_type=code', '/anything', 400, failed, 'oauth.par'],
  ['client_id=x&response_type=code', '/par', null, null, 'oauth.par'],
  ['client_id=x&response_type=code', '/authorize', 303, null, null],
  ['client_id=x', '/anything', 200, { device_code: 'x' }, 'oauth.device_authorization'],
  ['client_id=x', '/device/code', 400, failed, 'oauth.device_authorization'],
  ['client_id=x', '/device/code', null, null, 'oauth.device_authorization'],
  ['client_id=x', '/devices', 200, { devices: '3' }, null],
  ['scope=x', '/anything', 200, { auth_req_id: 'x' }, 'oauth.backchannel_authentication'],
  ['scope=x', '/bc-authorize', 401, failed, 'oauth.backchannel_authentication'],
  ['client_id=x', '/customers', 400, failed, null],
  ['client_id=x', '/customers', 200, {}, null],
  ['client_id=x', '/customers', null, null, null],
])('%s to %s answered with %j %j is %j', (...[form, path, status, answer, action]) => {
  const url = new URL(path, 'https://login.example.com')
  const members = answer === null ? null : { ...answer }
  expect(classify({ form: new URLSearchParams(form), url, status, answer: members })).toBe(action)
})
