// Which request of OAuth a form was. Endpoints have no fixed paths: a request is known by what
// must be in it and in its answer. Where a failed one has no such answer, the path may tell.
import { type Members, text } from '../unknown.ts'

/** What is known at the end of an exchange. */
export interface Outcome {
  readonly form: URLSearchParams
  readonly url: URL
  /** null: none came. */
  readonly status: number | null
  /** Its members; null: not read. */
  readonly answer: Members | null
}

const paths: readonly (readonly [RegExp, string])[] = [
  [/introspect/i, 'oauth.introspect'],
  // By the last segment as a whole: other APIs have a `token` in each form to say who calls, and
  // may have something else to revoke.
  [
    /(?:^|[/._-])(?:tokens?)?revo(?:ke|cation)(?:tokens?)?(?:[._-]?(?:tokens?|endpoint))?\/?$/i,
    'oauth.revoke',
  ],
]

const failedPaths: readonly (readonly [RegExp, string])[] = [
  [/device/i, 'oauth.device_authorization'],
  [/backchannel|bc-authorize|ciba/i, 'oauth.backchannel_authentication'],
  [/\bpar\b|pushed/i, 'oauth.par'],
]

/** `audit.action` of an exchange; null: it was none of OAuth, or not known to be. */
export function classify({ form, url, status, answer }: Outcome): string | null {
  if (form.has('grant_type')) return 'oauth.token'
  if (form.has('token')) {
    if (typeof answer?.active === 'boolean') return 'oauth.introspect'
    return actionOf(url, paths)
  }
  if (has(answer, 'device_code')) return 'oauth.device_authorization'
  if (has(answer, 'auth_req_id')) return 'oauth.backchannel_authentication'
  const isPushed = form.has('response_type') || form.has('request')
  if (isPushed && (has(answer, 'request_uri') || has(answer, 'error'))) return 'oauth.par'
  const isRefused = status === null || has(answer, 'error')
  return isRefused ? actionOf(url, failedPaths) : null
}

function has(answer: Members | null, name: string): boolean {
  return text(answer?.[name]) !== null
}

function actionOf({ pathname }: URL, table: readonly (readonly [RegExp, string])[]): string | null {
  return table.find(([path]) => path.test(pathname))?.[1] ?? null
}
