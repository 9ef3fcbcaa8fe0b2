import { expect, test } from '@jest/globals'
import { interactionOf } from './better-auth-interaction.ts'

function loggedIn(location: string, newSession: object | null = null) {
  const returned = { headers: new Headers({ location }) }
  const context = { newSession, returned }
  return interactionOf({ path: '/callback/:id', params: { id: 'google' }, context })
}

test.each([
  ['access_denied', 'access_denied', 'access_denied'],
  ['unauthorized_client', 'unauthorized_client', 'client_not_allowed'],
  ['hunter', '_OTHER', null],
  ['constructor', '_OTHER', null],
])('of the error %s in an address only a known one is told', (code, errorCode, reason) => {
  expect(loggedIn(`/oops?error=${code}&x=1`)).toMatchObject({ errorCode, reason, idp: 'google' })
})

test('who has a session now has logged in; who is sent on has not, and has no record', () => {
  const session = { user: { id: 'ada' } }
  expect(loggedIn('/', session)).toMatchObject({ result: 'success', accountId: 'ada' })
  expect(loggedIn('https://accounts.example.com/auth?state=S3cret')).toBe(null)
})

test('a consent that is not there was not taken back', () => {
  const of = (returned: unknown) =>
    interactionOf({ path: '/oauth2/delete-consent', context: { returned } })
  expect(of(undefined)).toMatchObject({ result: 'success', isRevoked: true })
  const none = Object.assign(new Error('no'), { body: { error: 'not_found' } })
  expect(of(none)).toMatchObject({ result: 'failure', errorCode: 'not_found' })
})
