import { expect, test } from '@jest/globals'
import * as oauth from 'oauth4webapi'
import { processors, requestKinds, responseValidators } from './requests.ts'

/** Exports that neither send nor judge anything of OAuth. */
const others = [
  ...['ClientSecretBasic', 'ClientSecretJwt', 'ClientSecretPost', 'DPoP', 'None', 'PrivateKeyJwt'],
  ...['TlsClientAuth', 'calculatePKCECodeChallenge', 'checkProtocol', 'formPostResponse'],
  ...['generateKeyPair', 'generateRandomCodeVerifier', 'generateRandomNonce'],
  ...['generateRandomState', 'getContentType', 'getValidatedIdTokenClaims', 'isDPoPNonceError'],
  ...['issueRequestObject', 'resolveEndpoint', 'validateApplicationLevelSignature'],
  // Of an API: it makes its own record.
  ...['processResourceDiscoveryResponse', 'protectedResourceRequest', 'resourceDiscoveryRequest'],
  'validateJwtAccessToken',
]

test('every function of the installed version is known', () => {
  const functions = Object.entries(oauth)
    .filter(([name, value]) => typeof value === 'function' && !/^[A-Z].*Error$/.test(name))
    .map(([name]) => name)
  const known = [...others, ...Object.keys(requestKinds), ...processors, ...responseValidators]
  expect(functions.toSorted()).toEqual(known.toSorted())
})

const as = { issuer: 'https://login.example.com' }
const client = { client_id: 'web' }
const auth = oauth.None()

test.each<[string, unknown[], string]>([
  [
    'authorizationCodeGrantRequest',
    [new URLSearchParams('code=S3cret')],
    'grant_type=authorization_code',
  ],
  ['clientCredentialsGrantRequest', [{ scope: 'a' }], 'scope=a&grant_type=client_credentials'],
  ['genericTokenEndpointRequest', ['urn:x', new URLSearchParams('a=b')], 'a=b&grant_type=urn%3Ax'],
  ['refreshTokenGrantRequest', ['old'], 'grant_type=refresh_token&refresh_token=old'],
  ['introspectionRequest', ['t'], 'token=t'],
  ['revocationRequest', ['t'], 'token=t'],
  ['pushedAuthorizationRequest', [{ scope: 'a' }], 'scope=a'],
  ['deviceAuthorizationRequest', [Symbol('odd')], ''],
])('%s shows its parameters in its arguments', (name, more, expected) => {
  const { server, clientId, form } = requestKinds[name]!.about([as, client, auth, ...more])
  expect([server, clientId, form.toString()]).toEqual([as, 'web', expected])
})

test('wrong arguments show nothing', () => {
  for (const { about } of Object.values(requestKinds)) {
    const { server, clientId, form } = about([null, 7, undefined, 7, null])
    expect([server.issuer, clientId, form.has('token')]).toEqual([undefined, null, false])
  }
})
