// The functions of oauth4webapi 3 that send a request: what each is about, and where its arguments
// say so. Each gives a Response, which a function of the second list is given to judge.
import { attempt, type Members, record, text } from '../unknown.ts'

export interface RequestKind {
  readonly action: string
  /** The member of the server's metadata with its endpoint; null: it is not in it. */
  readonly endpoint: string | null
  /** By its arguments, for a transport that nobody sees. */
  readonly about: (args: readonly unknown[]) => {
    readonly server: Members
    readonly clientId: string | null
    readonly form: URLSearchParams
  }
}

type Parameters = Readonly<Record<string, unknown>>

/** Most are given server, client, its way to authenticate, and then what the request is about. */
function asked(
  action: string,
  endpoint: string,
  parameters: (given: unknown, more: unknown) => Parameters,
): RequestKind {
  return {
    action,
    endpoint,
    about: ([server, client, , given, more]) => ({
      server: record(server),
      clientId: text(record(client).client_id),
      form: formOf(parameters(given, more)),
    }),
  }
}

function formOf(parameters: Parameters): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    const known = text(value)
    if (known !== null) form.set(name, known)
  }
  return form
}

function given(parameters: unknown): Parameters {
  const form = attempt(() => new URLSearchParams(parameters as Record<string, string>))
  return form instanceof URLSearchParams ? Object.fromEntries(form) : {}
}

function token(parameters: (given: unknown, more: unknown) => Parameters): RequestKind {
  return asked('oauth.token', 'token_endpoint', parameters)
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/** By the name of the export. */
export const requestKinds: Readonly<Record<string, RequestKind>> = {
  authorizationCodeGrantRequest: token(() => ({ grant_type: 'authorization_code' })),
  backchannelAuthenticationGrantRequest: token(() => ({
    grant_type: 'urn:openid:params:grant-type:ciba',
  })),
  backchannelAuthenticationRequest: asked(
    'oauth.backchannel_authentication',
    'backchannel_authentication_endpoint',
    given,
  ),
  clientCredentialsGrantRequest: token((parameters) => ({
    ...given(parameters),
    grant_type: 'client_credentials',
  })),
  deviceAuthorizationRequest: asked(
    'oauth.device_authorization',
    'device_authorization_endpoint',
    given,
  ),
  deviceCodeGrantRequest: token(() => ({ grant_type: deviceGrant })),
  discoveryRequest: {
    action: 'oauth.discovery',
    endpoint: null,
    about: () => ({ server: {}, clientId: null, form: new URLSearchParams() }),
  },
  dynamicClientRegistrationRequest: {
    action: 'oauth.register',
    endpoint: 'registration_endpoint',
    about: ([server]) => ({ server: record(server), clientId: null, form: new URLSearchParams() }),
  },
  genericTokenEndpointRequest: token((grantType, parameters) => ({
    ...given(parameters),
    grant_type: grantType,
  })),
  introspectionRequest: asked('oauth.introspect', 'introspection_endpoint', (presented) => ({
    token: presented,
  })),
  pushedAuthorizationRequest: asked('oauth.par', 'pushed_authorization_request_endpoint', given),
  refreshTokenGrantRequest: token((refreshToken) => ({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  })),
  revocationRequest: asked('oauth.revoke', 'revocation_endpoint', (revoked) => ({
    token: revoked,
  })),
  userInfoRequest: {
    action: 'oauth.userinfo',
    endpoint: 'userinfo_endpoint',
    about: ([server, client, shown]) => ({
      server: record(server),
      clientId: text(record(client).client_id),
      form: formOf({ token: shown, token_type_hint: 'access_token' }),
    }),
  },
}

/** Functions that judge the Response of a request, which is one of their arguments. */
export const processors: readonly string[] = [
  'processAuthorizationCodeResponse',
  'processBackchannelAuthenticationGrantResponse',
  'processBackchannelAuthenticationResponse',
  'processClientCredentialsResponse',
  'processDeviceAuthorizationResponse',
  'processDeviceCodeResponse',
  'processDiscoveryResponse',
  'processDynamicClientRegistrationResponse',
  'processGenericTokenEndpointResponse',
  'processIntrospectionResponse',
  'processPushedAuthorizationResponse',
  'processRefreshTokenResponse',
  'processRevocationResponse',
  'processUserInfoResponse',
]

/** Functions that check a response to an authorization request; the first one at once. */
export const responseValidators: readonly string[] = [
  'validateAuthResponse',
  'validateCodeIdTokenResponse',
  'validateDetachedSignatureResponse',
  'validateJwtAuthResponse',
]
