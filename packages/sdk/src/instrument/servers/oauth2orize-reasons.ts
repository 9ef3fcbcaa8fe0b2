// Why oauth2orize refuses. Most errors are the application's own: their texts are not looked at but
// for words of the protocol, and never told.
import type { ToldError } from '../defined/action.ts'
import type { ServerReason } from '../defined/reasons.ts'
import { record, text } from '../unknown.ts'

const byText: readonly (readonly [RegExp, ServerReason])[] = [
  [/^Unable to load OAuth 2\.0 transaction/, 'session_ended'],
  [/^Missing required parameter|^Invalid parameter/, 'request_invalid'],
  [/^Unauthorized client$/, 'client_unknown'],
  [/^Invalid authorization code$/, 'code_unknown'],
  [/^Invalid refresh token$/, 'token_unknown'],
  [/^Invalid resource owner credentials$/, 'account_unknown'],
  [/^Invalid client credentials$/, 'client_not_allowed'],
  [/code_verifier (?:is )?(?:required|missing)|missing code.?verifier/i, 'pkce_missing'],
  [/code.?verifier/i, 'pkce_mismatch'],
  [/redirect.?ur[il]/i, 'redirect_uri_mismatch'],
]

/** Its own errors have the code on the wire; for all others it answers `server_error`. */
export function refusalOf(error: unknown): ToldError {
  const { code: own, message } = record(error)
  const code = text(own)
  const isProtocol = code !== null && /^[a-z_]{1,64}$/.test(code)
  const said = text(message) ?? ''
  const reason = byText.find(([pattern]) => pattern.test(said))?.[1] ?? null
  if (isProtocol) return { code, detail: said, reason: code === 'server_error' ? null : reason }
  return { code: 'server_error', reason: reason === 'session_ended' ? reason : 'internal' }
}
