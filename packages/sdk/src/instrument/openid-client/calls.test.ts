import { expect, test } from '@jest/globals'
import * as client from 'openid-client'
import { callKinds } from './calls.ts'

/** Exports that send nothing, or nothing of OAuth. */
const silent = [
  ...['ClientSecretBasic', 'ClientSecretJwt', 'ClientSecretPost', 'None', 'PrivateKeyJwt'],
  ...['TlsClientAuth', 'allowInsecureRequests', 'buildAuthorizationUrl', 'buildEndSessionUrl'],
  ...['buildAuthorizationUrlWithJAR', 'calculatePKCECodeChallenge', 'enableDecryptingResponses'],
  ...['enableDetachedSignatureResponseChecks', 'enableNonRepudiationChecks', 'getDPoPHandle'],
  ...['getDecryptedResponses', 'getJwksCache', 'randomDPoPKeyPair', 'randomNonce', 'randomState'],
  ...['randomPKCECodeVerifier', 'setJwksCache', 'useCodeIdTokenResponseType'],
  ...['useIdTokenResponseType', 'useJwtResponseMode'],
  // A request to an API, which makes its own record of it.
  'fetchProtectedResource',
]

test('every function of the installed version is known, as one that sends or not', () => {
  const functions = Object.entries(client)
    .filter(([name, value]) => typeof value === 'function' && !/Error$|^Configuration$/.test(name))
    .map(([name]) => name)
  expect(functions.toSorted()).toEqual([...silent, ...Object.keys(callKinds)].toSorted())
})

test.each<[string, unknown[], string]>([
  [
    'refreshTokenGrant',
    [{}, 'old', { scope: 'a' }],
    'scope=a&grant_type=refresh_token&refresh_token=old',
  ],
  ['clientCredentialsGrant', [{}], 'grant_type=client_credentials'],
  [
    'clientCredentialsGrant',
    [{}, new URLSearchParams('scope=a')],
    'scope=a&grant_type=client_credentials',
  ],
  ['genericGrantRequest', [{}, 'urn:x', { a: 'b' }], 'a=b&grant_type=urn%3Ax'],
  ['tokenRevocation', [{}, 't'], 'token=t'],
  ['fetchUserInfo', [{}, 't', 'ada'], 'token=t&token_type_hint=access_token'],
  ['tokenIntrospection', [{}, 7, Symbol('odd')], ''],
  ['discovery', [new URL('https://a.example')], ''],
])('%s shows its parameters in its arguments: %#', (name, args, expected) => {
  expect(callKinds[name]!.form(args).toString()).toBe(expected)
})
