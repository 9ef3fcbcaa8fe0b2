// What carries a secret, by its name. Case does not matter, nor do `-` and `_`: `Code=`,
// `client-secret=` and `clientSecret=` are as secret as `code=` and `client_secret=`.

/** Parameters of OAuth, OpenID Connect, SAML, common APIs: a secret wherever they have a value. */
const secrets = `
  access_token refresh_token id_token id_token_hint logout_token registration_access_token
  subject_token actor_token client_notification_token initial_access_token vp_token
  client_secret client_assertion code_verifier device_code user_code auth_req_id pre-authorized_code
  login_hint login_hint_token request_uri session_state software_statement
  samlresponse samlrequest samlart relaystate
  password passwd passphrase api_key x-api-key private_key
  oauth_token oauth_token_secret oauth_verifier
  x-access-token x-refresh-token x-id-token x-csrf-token x-xsrf-token
  x-forwarded-access-token x-auth-request-access-token x-amzn-oidc-accesstoken x-amzn-oidc-data
  secret_access_key aws_secret_access_key aws_session_token
  awsaccesskeyid x-amz-signature x-amz-credential x-amz-security-token
  x-goog-signature x-goog-credential
`

/**
 * Plain words that are a secret as a parameter of a URL or a form: elsewhere `code: 'E404'` and
 * `WHERE state='open'` are what an operator looks for, unless their value looks random.
 */
const words = `
  code state nonce token assertion request response signature sig secret otp tx_code
  sid session_id jsessionid phpsessid
`

/** Headers that are, or hold, a credential; `rpc.request.metadata.*` has some of them, too. */
const credentialHeaders = `
  authorization proxy-authorization authentication-info proxy-authentication-info
  cookie set-cookie dpop x-api-key x-auth-token x-amz-security-token
`

/** Headers whose whole value is a URL that may carry a code or a token. */
const urlHeaders = 'referer location content-location refresh'

const headerKey = /^http\.(?:request|response)\.header\./

/** How secret what is called so is; null: not at all. */
export type Secrecy = 'secret' | 'word' | 'header' | null

export interface SecretNames {
  /** Of a parameter, or of a member in the dump of an object; decoded. */
  readonly ofName: (name: string) => Secrecy
  /** Of an attribute, by the last part of its key; `header`: a credential as a whole, too. */
  readonly ofKey: (key: string) => Secrecy
}

/** The lists above, with `more` names that are secret wherever they have a value. */
export function secretNames(more: readonly string[] = []): SecretNames {
  const secrecy = new Map<string, Secrecy>()
  for (const name of listed(words)) secrecy.set(name, 'word')
  for (const name of listed(credentialHeaders)) secrecy.set(name, 'header')
  for (const name of [...listed(secrets), ...more.map(plain)]) secrecy.set(name, 'secret')
  const urls = new Set(listed(urlHeaders))
  return {
    ofName: (name) => secrecy.get(innermost(name)) ?? null,
    ofKey: (key) => {
      const name = plain(key.slice(key.lastIndexOf('.') + 1))
      return headerKey.test(key) && urls.has(name) ? 'header' : (secrecy.get(name) ?? null)
    },
  }
}

/** `User[Password]` → `password`: frameworks nest parameters so. */
function innermost(name: string): string {
  return plain(name.endsWith(']') ? name.slice(name.lastIndexOf('[') + 1, -1) : name)
}

/** `--Client-Secret` → `clientsecret`: as on a command line, in a header, or in a program. */
function plain(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase()
}

function listed(names: string): string[] {
  return names.trim().split(/\s+/).map(plain)
}
