// Requests of OAuth are HTTP forms (RFC 6749 appendix B). What is asked of each form that leaves
// the process is cheap: whether it has the name of a parameter that such a request must have.
import type { ParameterFacts, TokenExchangeFacts } from '../../facts.ts'
import { formBytesMax } from '../../limits.ts'
import { detailTypesIn } from '../detail-types.ts'
import { type Members, text } from '../unknown.ts'

/** One of these is in each request: to the token endpoint, to introspect, to push, CIBA, … */
const markers = ['grant_type', 'token', 'client_id', 'client_assertion', 'scope', 'request']
const marked = new RegExp(`(?:^|&)(?:${markers.join('|')})=`)

/** Whether a Content-Type is that of a form. */
export function isFormType(contentType: unknown): boolean {
  return (
    typeof contentType === 'string' &&
    /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType)
  )
}

/**
 * A form that may be OAuth's, as a copy; null for all others. Of a text only the first
 * {@link formBytesMax} are looked at, without the parameter that is cut there.
 */
export function formIn(body: unknown): URLSearchParams | null {
  if (body instanceof URLSearchParams) {
    return markers.some((name) => body.has(name)) ? new URLSearchParams(body) : null
  }
  const head = headOf(body)
  return head !== null && marked.test(head) ? new URLSearchParams(head) : null
}

function headOf(body: unknown): string | null {
  const bytes = bytesOf(body)
  const head =
    bytes === null
      ? typeof body === 'string'
        ? body.slice(0, formBytesMax + 1)
        : null
      : bytes.toString('utf8', 0, formBytesMax + 1)
  if (head === null || head.length <= formBytesMax) return head
  return head.slice(0, Math.max(0, head.lastIndexOf('&')))
}

/** A view, not a copy. */
function bytesOf(body: unknown): Buffer | null {
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return body instanceof ArrayBuffer ? Buffer.from(body) : null
}

/** The parameters of a request that may be known. */
export function parametersOf(form: URLSearchParams): ParameterFacts {
  const get = (name: string): string | null => text(form.get(name))
  return {
    grantType: get('grant_type'),
    responseType: get('response_type'),
    responseMode: get('response_mode'),
    scope: get('scope'),
    redirectUri: get('redirect_uri'),
    prompt: get('prompt'),
    acrValues: get('acr_values'),
    resources: form.getAll('resource').filter((one) => one !== ''),
    ...(form.has('authorization_details') && {
      detailTypes: detailTypesIn(form.get('authorization_details')),
    }),
    codeChallengeMethod: get('code_challenge_method'),
    hasCodeChallenge: get('code_challenge') !== null,
    hasCodeVerifier: get('code_verifier') !== null,
    hasRequestObject: get('request') !== null,
    hasPushedRequest: get('request_uri') !== null,
    refreshToken: get('refresh_token'),
  }
}

/** What a token exchange was about; null for all other grants. */
export function tokenExchangeOf(
  form: URLSearchParams,
  { issued_token_type: issued }: Members,
): TokenExchangeFacts | null {
  if (!form.has('subject_token')) return null
  const get = (name: string): string | null => text(form.get(name))
  return {
    subjectToken: get('subject_token'),
    subjectTokenType: get('subject_token_type'),
    actorToken: get('actor_token'),
    actorTokenType: get('actor_token_type'),
    requestedTokenType: get('requested_token_type'),
    issuedTokenType: text(issued),
  }
}
