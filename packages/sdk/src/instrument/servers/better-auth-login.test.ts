import { expect, test } from '@jest/globals'
import { interactionOf } from './better-auth-interaction.ts'

const refused = (code?: string): Error => Object.assign(new Error('no'), { body: { code } })
const at = (path: string, context: object, body: object = {}) =>
  interactionOf({ path, body, context })
const session = { user: { id: 'ada' } }

test.each([
  ['/sign-in/email', ['pwd']],
  ['/two-factor/verify-totp', ['mfa', 'otp']],
  ['/magic-link/verify', []],
])('who has a session now at %s has logged in, by %j', (path, amr) => {
  expect(at(path, { newSession: session })).toMatchObject({
    ...{ action: 'oauth.login', result: 'success', accountId: 'ada', amr },
  })
})

test('with a token of another site it is told which site', () => {
  const told = at('/sign-in/social', { newSession: session }, { provider: 'google' })
  expect(told).toMatchObject({ result: 'success', idp: 'google' })
})

test.each([
  ['INVALID_EMAIL_OR_PASSWORD', 'failure', 'invalid_email_or_password', 'account_unknown'],
  ['BANNED_USER', 'denied', 'banned_user', 'access_denied'],
  ['TOO_MANY_ATTEMPTS', 'failure', 'too_many_attempts', 'rate_limited'],
  ['HUNTER2', 'failure', '_OTHER', null],
  ['constructor', 'failure', '_OTHER', null],
  [undefined, 'failure', '_OTHER', null],
])('refused with %s', (code, result, errorCode, reason) => {
  const told = at('/sign-in/email', { returned: refused(code) })
  expect(told).toMatchObject({ accountId: null, amr: [], result, errorCode, reason })
})

test('refused on a page that the browser is sent to', () => {
  const returned = { headers: new Headers({ location: '/oops?error=INVALID_TOKEN#x' }) }
  expect(at('/magic-link/verify', { returned })).toMatchObject({
    ...{ result: 'failure', errorCode: 'invalid_token', reason: 'token_unknown' },
  })
})

test('whose second factor is next has not logged in yet', () => {
  const returned = { twoFactorRedirect: true, twoFactorMethods: ['totp'] }
  const told = at('/sign-in/email', { newSession: null, returned })
  expect(told).toMatchObject({ result: 'open', accountId: null })
})

test.each([
  ['/sign-in/social', { url: 'https://accounts.example.com/', redirect: true }],
  ['/sign-up/email', refused('USER_ALREADY_EXISTS')],
  ['/email-otp/verify-email', refused('INVALID_OTP')],
  ['/sign-in/magic-link', { status: true }],
])('%s is no attempt', (path, returned) => {
  expect(at(path, { returned })).toBe(null)
})
