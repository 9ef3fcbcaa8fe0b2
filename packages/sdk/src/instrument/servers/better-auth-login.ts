// Log-ins at better-auth's own endpoints, with whatever plugin: who got a session, and who did not.
// Only an endpoint that is listed tells a failure: what else makes no session is no log-in.
import type { ToldInteraction } from '../defined/seam.ts'
import { type Members, record, text } from '../unknown.ts'
import { accountIdOf } from './application.ts'

/** How somebody shows who it is, by RFC 8176 where it has a value for that. */
const ways: Readonly<Record<string, readonly string[]>> = {
  '/email-otp/verify-email': ['otp'],
  '/magic-link/verify': [],
  '/one-tap/callback': [],
  '/passkey/verify-authentication': ['pop'],
  '/phone-number/verify': ['otp', 'sms'],
  '/sign-in/anonymous': [],
  '/sign-in/email': ['pwd'],
  '/sign-in/email-otp': ['otp'],
  '/sign-in/phone-number': ['pwd'],
  '/sign-in/social': [],
  '/sign-in/username': ['pwd'],
  '/sign-up/email': ['pwd'],
  '/siwe/verify': ['pop'],
  '/two-factor/verify-backup-code': ['mfa'],
  '/two-factor/verify-otp': ['mfa', 'otp'],
  '/two-factor/verify-totp': ['mfa', 'otp'],
}

/** Where a failure is no refused log-in: an account is not made, an address not confirmed. */
const others: ReadonlySet<string> = new Set(['/email-otp/verify-email', '/sign-up/email'])

export function isLogin(path: string): boolean {
  return Object.hasOwn(ways, path)
}

/** What better-auth does not tell of an interaction. */
export const untold: Omit<ToldInteraction, 'action' | 'result'> = {
  ...{ issuer: null, client: null, sessionUid: null, grantId: null },
  scope: { requested: null, granted: null },
  ...{ accountId: null, errorCode: null, reason: null, acr: null, amr: [] },
}

const nobody = { ...untold, action: 'oauth.login' as const }

/** Of a hook's context, at an endpoint that `isLogin`; null: nobody tried, or a page is next. */
export function loginOf(path: string, context: Members): ToldInteraction | null {
  const { returned, newSession } = record(context.context)
  const accountId = accountIdOf(record(newSession).user)
  // With its token, from a page or an app of that site.
  const idp = path === '/sign-in/social' ? text(record(context.body).provider) : null
  const login = { ...nobody, ...(idp !== null && { idp }) }
  if (accountId !== null) return { ...login, accountId, result: 'success', amr: ways[path]! }
  const code = codeIn(returned)
  if (code !== null)
    return others.has(path) ? null : { ...login, ...refusal(code.toLowerCase(), reasons) }
  // The second factor is next.
  return record(returned).twoFactorRedirect === true ? { ...nobody, result: 'open' } : null
}

/** With which it refuses: as an answer, or on the page that the browser is sent to. */
function codeIn(returned: unknown): string | null {
  const { body, headers } = record(returned)
  const location = headers instanceof Headers ? headers.get('location') : null
  const sent = new URLSearchParams(location?.replace(/#.*$/s, '').split('?')[1] ?? '').get('error')
  if (sent !== null) return sent
  return returned instanceof Error && location === null ? (text(record(body).code) ?? '') : null
}

/** By a table of codes that may be told; any other may be what somebody typed. */
export function refusal(
  code: string,
  known: Readonly<Record<string, string>>,
): Pick<ToldInteraction, 'errorCode' | 'reason' | 'result'> {
  const reason = Object.hasOwn(known, code) ? known[code]! : null
  return {
    result: reason === 'access_denied' ? 'denied' : 'failure',
    errorCode: reason === null ? '_OTHER' : code,
    reason,
  }
}

/** By its own codes, in small letters; those of a plugin of somebody else's are not told. */
const reasons: Readonly<Record<string, string>> = {
  account_temporarily_locked: 'rate_limited',
  banned_user: 'access_denied',
  email_not_verified: 'access_denied',
  could_not_create_session: 'internal',
  failed_to_create_session: 'internal',
  failed_to_create_user: 'internal',
  failed_to_get_user_info: 'account_unknown',
  invalid_backup_code: 'account_unknown',
  invalid_code: 'code_unknown',
  invalid_email: 'request_invalid',
  invalid_email_or_password: 'account_unknown',
  invalid_otp: 'code_unknown',
  invalid_password: 'account_unknown',
  invalid_phone_number_or_password: 'account_unknown',
  invalid_token: 'token_unknown',
  invalid_two_factor_cookie: 'session_ended',
  invalid_phone_number: 'request_invalid',
  invalid_username: 'request_invalid',
  invalid_username_or_password: 'account_unknown',
  new_user_signup_disabled: 'account_unknown',
  otp_expired: 'code_expired',
  otp_has_expired: 'code_expired',
  otp_not_found: 'code_unknown',
  phone_number_not_exist: 'account_unknown',
  phone_number_not_verified: 'access_denied',
  provider_not_found: 'request_invalid',
  token_expired: 'token_expired',
  too_many_attempts: 'rate_limited',
  too_many_attempts_request_new_code: 'rate_limited',
  unexpected_error: 'internal',
  user_email_not_found: 'account_unknown',
  user_not_found: 'account_unknown',
}
