// Guarantee: the texts of the library have their reasons; of an application's own only words that
// leave no doubt count, and another text has none but that of the code.
import { expect, test } from '@jest/globals'
import { reasonOf } from './reason.ts'

const own = { grant: 'authorization_code', isThrown: false }

test.each([
  ['invalid_client', 'Invalid client_id', 'client_unknown'],
  ['invalid_client', 'Client secret is required', 'client_credentials_invalid'],
  ['invalid_client', 'Client secret has expired', 'client_credentials_invalid'],
  ['invalid_request', 'Unregistered redirect_uri', 'redirect_uri_mismatch'],
  ['invalid_request', '[{"path":["code_verifier"]}]', 'pkce_missing'],
  ['invalid_grant', 'code_verifier does not match the challenge', 'pkce_mismatch'],
  ['method_not_allowed', 'no', 'request_invalid'],
  ['server_error', 'Internal Server Error', null],
])('%s: %s', (code, message, reason) => {
  expect(reasonOf({ ...own, code, message })).toBe(reason)
})

test.each([
  ['already used', 'code_replayed', 'refresh_reused'],
  ['Expired.', 'code_expired', 'token_expired'],
  ['the grant was revoked', 'grant_revoked', 'grant_revoked'],
  ['issued to another client', 'client_not_allowed', 'client_not_allowed'],
  ['not found', 'code_unknown', 'token_unknown'],
  ['nope', null, null],
])("an application's own: %s", (message, ofCode, ofToken) => {
  const thrown = { code: 'invalid_grant', message, isThrown: true }
  expect(reasonOf({ ...thrown, grant: 'authorization_code' })).toBe(ofCode)
  expect(reasonOf({ ...thrown, grant: 'refresh_token' })).toBe(ofToken)
})
