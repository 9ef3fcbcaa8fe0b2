import { expect, test } from '@jest/globals'
import { toldOf } from './better-auth-told.ts'

const refused = (error: string, said: string): Error =>
  Object.assign(new Error(error), {
    statusCode: 400,
    body: { error, error_description: said },
  })

function token(body: object, returned: unknown): unknown {
  return toldOf({ path: '/oauth2/token', body, context: { returned } })?.client?.id
}

// It looks for the code, and for the refresh token, before it looks for the client.
test.each([
  ['authorization_code', 'code', 'invalid code'],
  ['refresh_token', 'refresh_token', 'session not found'],
])('of a bad %s only a client that there is has a name', (grant, name, said) => {
  const asked = { grant_type: grant, [name]: 'never was' }
  const error = refused('invalid_grant', said)
  expect(token({ ...asked, client_id: 'my password' }, error)).toBeUndefined()
  expect(token({ ...asked, client_id: `web-${grant}` }, { access_token: 'a' })).toBe(`web-${grant}`)
  expect(token({ ...asked, client_id: `web-${grant}` }, error)).toBe(`web-${grant}`)
})

test('a refresh token that is let through once more is no reuse', () => {
  const refresh = (presented: string, refresh_token: string) => {
    const body = { grant_type: 'refresh_token', refresh_token: presented, client_id: 'web' }
    const returned = { access_token: 'a', refresh_token }
    return toldOf({ path: '/oauth2/token', body, context: { returned } })?.refresh
  }
  const code = { grant_type: 'authorization_code', code: 'c', client_id: 'web' }
  const first = { access_token: 'a', refresh_token: 'first' }
  toldOf({ path: '/oauth2/token', body: code, context: { returned: first } })
  expect(refresh('first', 'second')).toMatchObject({ rotated: true, reused: false })
  expect(refresh('first', 'second')).toMatchObject({
    ...{ rotated: false, reused: false, isGraceReplay: true },
  })
  expect(refresh('second', 'third')).not.toHaveProperty('isGraceReplay')
})
