// What users do at better-auth's own endpoints: they log in, come back from another site where they
// did, and change or take back what they let a client do.
import type { ToldInteraction } from '../defined/seam.ts'
import { type Members, record, text, texts } from '../unknown.ts'
import { accountIdOf } from './application.ts'
import { isLogin, loginOf, refusal, untold } from './better-auth-login.ts'

/** Of the context of a hook; null: it is no such endpoint. */
export function interactionOf(context: unknown): ToldInteraction | null {
  const { path, body, params, context: auth } = record(context)
  if (typeof path === 'string' && isLogin(path)) return loginOf(path, record(context))
  switch (path) {
    case '/callback/:id':
      return loggedIn(text(record(params).id), record(auth))
    case '/oauth2/delete-consent':
      return { ...consentAt(record(auth)), isRevoked: true }
    case '/oauth2/update-consent':
      return consentAt(record(auth), record(record(body).update).scopes)
    default:
      return null
  }
}

/** `idp`: the provider's name in the configuration. It ends with a redirect, whatever happened. */
function loggedIn(idp: string | null, { newSession, returned }: Members): ToldInteraction | null {
  const accountId = accountIdOf(record(newSession).user)
  const login = { ...untold, action: 'oauth.login', idp, accountId } as const
  if (accountId !== null) return { ...login, result: 'success' }
  const { headers } = record(returned)
  const location = headers instanceof Headers ? headers.get('location') : null
  const code = new URLSearchParams(location?.split('?')[1] ?? '').get('error')
  // Sent on to the same endpoint, or an account was linked.
  if (code === null) return null
  // The other site's code, too, which anybody can write into the address.
  return { ...login, ...refusal(code, reasons) }
}

/** By the code that its error page is told: its own, and those of RFC 6749 section 4.1.2.1. */
const reasons: Readonly<Record<string, string>> = {
  access_denied: 'access_denied',
  account_not_linked: 'account_unknown',
  email_not_found: 'account_unknown',
  invalid_code: 'code_unknown',
  invalid_request: 'request_invalid',
  invalid_scope: 'scope_not_allowed',
  issuer_mismatch: 'issuer_mismatch',
  issuer_missing: 'issuer_mismatch',
  login_required: 'login_required',
  no_code: 'request_invalid',
  oauth_provider_not_found: 'request_invalid',
  server_error: 'internal',
  signup_disabled: 'account_unknown',
  state_mismatch: 'state_mismatch',
  state_not_found: 'state_mismatch',
  temporarily_unavailable: 'internal',
  unauthorized_client: 'client_not_allowed',
}

const codeForm = /^[a-z_]{1,64}$/

/** Only a consent of the user who is logged in is found. `scopes`: of it from now on. */
function consentAt({ returned, session }: Members, scopes?: unknown): ToldInteraction {
  const { body } = record(returned)
  const hasFailed = returned instanceof Error
  const code = hasFailed ? (text(record(body).error) ?? 'invalid_request') : null
  return {
    ...untold,
    action: 'oauth.consent',
    accountId: accountIdOf(record(session).user),
    client: clientIn(returned),
    scope: { requested: null, granted: hasFailed ? null : text(texts(scopes).join(' ')) },
    result: hasFailed ? 'failure' : 'success',
    errorCode: code !== null && !codeForm.test(code) ? '_OTHER' : code,
    reason: hasFailed ? 'request_invalid' : null,
  }
}

function clientIn(returned: unknown): ToldInteraction['client'] {
  const id = text(record(returned).clientId)
  return id === null ? null : { id, name: null, authMethod: null }
}
