// Why an authorization server of MCP refused. The library has few texts, all of them its own; those
// of the application's provider are matched loosely, and what is not known is left to the code.

export interface Refused {
  /** On the wire. */
  readonly code: string
  readonly message: string | null
  /** `grant_type`. */
  readonly grant: string | null
  /** The application's provider threw it, so the text is its own. */
  readonly isThrown: boolean
}

const byText: readonly (readonly [RegExp, string])[] = [
  [/^Invalid client_id$/, 'client_unknown'],
  [
    /^(?:Client secret is required|Invalid client_secret|Client secret has expired)$/,
    'client_credentials_invalid',
  ],
  [/^Unregistered redirect_uri$|^redirect_uri must be specified/, 'redirect_uri_mismatch'],
  [/^code_verifier does not match the challenge$/, 'pkce_mismatch'],
  [/"code_(?:challenge|challenge_method|verifier)"/, 'pkce_missing'],
]
const byCode: Readonly<Record<string, string>> = {
  invalid_client_metadata: 'request_invalid',
  method_not_allowed: 'request_invalid',
  unsupported_response_type: 'request_invalid',
}

/** Of codes, and of refresh tokens. */
const ofGrants: readonly (readonly [RegExp, code: string, refresh: string])[] = [
  [/already|replay|re-?used|\bused\b|consumed/i, 'code_replayed', 'refresh_reused'],
  [/expired|too old/i, 'code_expired', 'token_expired'],
  [/revoked/i, 'grant_revoked', 'grant_revoked'],
  [/redirect/i, 'redirect_uri_mismatch', 'redirect_uri_mismatch'],
  [/\bclient\b/i, 'client_not_allowed', 'client_not_allowed'],
  [/unknown|not found|no such|does not exist|invalid/i, 'code_unknown', 'token_unknown'],
]

/** One of `oauth.error.reason`; null: the code says it. */
export function reasonOf({ code, message, grant, isThrown }: Refused): string | null {
  const said = message ?? ''
  if (code === 'invalid_grant' && isThrown) {
    const known = ofGrants.find(([pattern]) => pattern.test(said))
    return known?.[grant === 'refresh_token' ? 2 : 1] ?? null
  }
  const known = byText.find(([pattern]) => pattern.test(said))
  return known?.[1] ?? (Object.hasOwn(byCode, code) ? byCode[code]! : null)
}
