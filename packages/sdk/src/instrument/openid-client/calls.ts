// The functions of openid-client 6 that talk to a server: what each is about, and the parameters
// that its arguments show where no transport of ours saw the request.
import { attempt, text } from '../unknown.ts'

export interface CallKind {
  readonly action: string
  /** The member of the server's metadata with its endpoint; null: it is not in it. */
  readonly endpoint: string | null
  readonly form: (args: readonly unknown[]) => URLSearchParams
}

/** Parameters given as such, with others that the function adds. */
function withParameters(given: unknown, more: Readonly<Record<string, unknown>>): URLSearchParams {
  const form = attempt(() => new URLSearchParams(given as Record<string, string>))
  const parameters = form instanceof URLSearchParams ? form : new URLSearchParams()
  for (const [name, value] of Object.entries(more)) {
    const known = text(value)
    if (known !== null) parameters.set(name, known)
  }
  return parameters
}

const nothing = (): URLSearchParams => new URLSearchParams()

function token(form: CallKind['form']): CallKind {
  return { action: 'oauth.token', endpoint: 'token_endpoint', form }
}

const urn = 'urn:ietf:params:oauth:grant-type'

/** By the name of the export. */
export const callKinds: Readonly<Record<string, CallKind>> = {
  discovery: { action: 'oauth.discovery', endpoint: null, form: nothing },
  dynamicClientRegistration: {
    action: 'oauth.register',
    endpoint: 'registration_endpoint',
    form: nothing,
  },
  authorizationCodeGrant: token(([, , , given]) =>
    withParameters(given, { grant_type: 'authorization_code' }),
  ),
  implicitAuthentication: { action: 'oauth.authorize', endpoint: null, form: nothing },
  refreshTokenGrant: token(([, refreshToken, given]) =>
    withParameters(given, { grant_type: 'refresh_token', refresh_token: refreshToken }),
  ),
  clientCredentialsGrant: token(([, given]) =>
    withParameters(given, { grant_type: 'client_credentials' }),
  ),
  genericGrantRequest: token(([, grantType, given]) =>
    withParameters(given, { grant_type: grantType }),
  ),
  initiateDeviceAuthorization: {
    action: 'oauth.device_authorization',
    endpoint: 'device_authorization_endpoint',
    form: ([, given]) => withParameters(given, {}),
  },
  pollDeviceAuthorizationGrant: token(([, , given]) =>
    withParameters(given, { grant_type: `${urn}:device_code` }),
  ),
  initiateBackchannelAuthentication: {
    action: 'oauth.backchannel_authentication',
    endpoint: 'backchannel_authentication_endpoint',
    form: ([, given]) => withParameters(given, {}),
  },
  pollBackchannelAuthenticationGrant: token(([, , given]) =>
    withParameters(given, { grant_type: 'urn:openid:params:grant-type:ciba' }),
  ),
  fetchUserInfo: {
    action: 'oauth.userinfo',
    endpoint: 'userinfo_endpoint',
    form: ([, shown]) => withParameters({}, { token: shown, token_type_hint: 'access_token' }),
  },
  tokenIntrospection: {
    action: 'oauth.introspect',
    endpoint: 'introspection_endpoint',
    form: ([, asked, given]) => withParameters(given, { token: asked }),
  },
  tokenRevocation: {
    action: 'oauth.revoke',
    endpoint: 'revocation_endpoint',
    form: ([, revoked, given]) => withParameters(given, { token: revoked }),
  },
  buildAuthorizationUrlWithPAR: {
    action: 'oauth.par',
    endpoint: 'pushed_authorization_request_endpoint',
    form: ([, given]) => withParameters(given, {}),
  },
}
