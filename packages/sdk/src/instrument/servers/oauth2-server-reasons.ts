// Why @node-oauth/oauth2-server refuses. Its codes are those on the wire; its texts name what was
// wrong, but no values.
import type { ToldError } from '../defined/action.ts'
import type { ServerReason } from '../defined/reasons.ts'
import { record, text } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'

const byText: readonly (readonly [RegExp, ServerReason])[] = [
  [/authorization code is invalid$/, 'code_unknown'],
  [/authorization code has expired$/, 'code_expired'],
  // It was found, and another request was faster.
  [/could not be revoked$/, 'refresh_reused'],
  [/refresh token is invalid$/, 'token_unknown'],
  [/refresh token has expired$/, 'token_expired'],
  [/refresh token was issued to another client$/, 'client_not_allowed'],
  [/^Missing parameter: `code_verifier`/, 'pkce_missing'],
  [/code verifier is invalid$|^Invalid parameter: `code_verifier`/, 'pkce_mismatch'],
  [/`redirect_uri` (?:is invalid|is not a valid URI|does not match)/, 'redirect_uri_mismatch'],
  [/cannot retrieve client credentials$|`client_secret`$/, 'client_credentials_invalid'],
  [/^Invalid client: client is invalid$/, 'client_credentials_invalid'],
  [/^Invalid client: client credentials are invalid$/, 'client_unknown'],
  [/^Invalid client: missing client/, 'client_not_allowed'],
  [/user credentials are invalid$/, 'account_unknown'],
  [/^Unauthorized client/, 'client_not_allowed'],
  [/^Invalid scope/, 'scope_not_allowed'],
  [/^Server error: `handle\(\)` did not return a `user` object$/, 'login_required'],
  [/no authentication given$/, 'token_missing'],
]

/** At its endpoints. */
export function refusalOf(error: unknown, isCodeFound: boolean): ToldError {
  const { name, message } = record(error)
  const said = text(message)
  const reason = byText.find(([pattern]) => pattern.test(said ?? ''))?.[1] ?? null
  return {
    code: text(name) ?? '_OTHER',
    detail: said,
    // A code that was found, and could not be used up.
    reason: reason === 'code_unknown' && isCodeFound ? 'code_replayed' : reason,
  }
}

const byCode: Readonly<Record<string, Reason>> = {
  insufficient_scope: 'scope_insufficient',
  invalid_request: 'request_invalid',
  invalid_token: 'token_unknown',
  server_error: 'internal',
  unauthorized_request: 'token_missing',
}

/** At a resource. */
export function tokenRefusalOf(error: unknown): NonNullable<ToldValidation['refusal']> {
  const { name, message } = record(error)
  const code = text(name) ?? '_OTHER'
  const said = text(message) ?? ''
  if (said.endsWith('malformed authorization header')) {
    return { code, reason: 'token_malformed' }
  }
  if (said.endsWith('has expired')) return { code, reason: 'token_expired' }
  return { code, reason: Object.hasOwn(byCode, code) ? byCode[code]! : 'other' }
}
