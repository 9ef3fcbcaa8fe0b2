// How a request says who its client is (RFC 6749 section 2.3, RFC 7523 section 2.2).
import { attempt, type Members, text } from '../unknown.ts'
import { decodeJwt } from './jwt.ts'

export interface ClientIdentity {
  readonly id: string | null
  /** As in `token_endpoint_auth_method` (RFC 7591 section 2); null: it cannot be told. */
  readonly authMethod: string | null
  /** Of an assertion; none: there is no assertion. */
  readonly assertionKid?: string | null
}

/** What the identity is read from. */
export interface Credentials {
  readonly form: URLSearchParams
  readonly authorization: string | null
  readonly url: URL
}

/** Of an assertion only algorithm, key id and subject are read; of a secret nothing. */
export function clientOf(credentials: Credentials): ClientIdentity {
  const { form, authorization, url } = credentials
  const id = text(form.get('client_id'))
  const basic = authorization === null ? null : basicIn(authorization)
  if (basic !== null) return { id: basic.user ?? id, authMethod: 'client_secret_basic' }
  const assertion = text(form.get('client_assertion'))
  if (assertion !== null) {
    const { header, claims } = decodeJwt(assertion) ?? {}
    const isSymmetric = text(header?.alg)?.startsWith('HS') === true
    return {
      id: id ?? text(claims?.sub),
      authMethod: isSymmetric ? 'client_secret_jwt' : 'private_key_jwt',
      assertionKid: text(header?.kid),
    }
  }
  if (text(form.get('client_secret')) !== null) return { id, authMethod: 'client_secret_post' }
  // A certificate is shown below HTTP: without credentials here it cannot be told.
  return { id, authMethod: url.protocol === 'https:' ? null : 'none' }
}

/** What a server is told of the assertion in a request; unverified. */
export function assertionIn({
  client_assertion: assertion,
}: Members): Pick<ClientIdentity, 'assertionKid'> {
  const jwt = text(assertion)
  return jwt === null ? {} : { assertionKid: text(decodeJwt(jwt)?.header.kid) }
}

/**
 * The user name, which RFC 6749 section 2.3.1 has form-encoded; null for other schemes. Without a
 * password the name itself may be the secret, as some APIs have it (`sk_live_…:`): it is not told.
 */
function basicIn(authorization: string): { readonly user: string | null } | null {
  const [, credentials] = /^Basic +([\w+/=-]{1,4096})$/i.exec(authorization.trim()) ?? []
  if (credentials === undefined) return null
  const [, user, password] =
    /^([^:]+):?(.*)$/s.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? []
  if (user === undefined) return null
  if (password === '') return { user: null }
  return { user: text(attempt(() => decodeURIComponent(user.replaceAll('+', ' ')))) ?? user }
}
