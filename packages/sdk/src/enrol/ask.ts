// One request to enrol our key (FORMAT.md 7.1), and what its answer means. See enrol.test.ts.
import { createHash, randomBytes } from 'node:crypto'
import { enrolPath, signEnrolProof } from '@grantlog/record'

/** Answer of one POST; names of headers in lower case. */
export interface Posted {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

/** Whom the key is to be enrolled for, and where. */
export interface Wanted {
  /** Of the log. */
  readonly origin: string
  readonly kid: string
  /** b64u of the public key. */
  readonly x: string
  readonly service: string
  readonly roles: readonly string[]
  readonly audience: string
}

export interface AskOptions {
  readonly wanted: Wanted
  readonly sign: (signingInput: Uint8Array) => Uint8Array
  /** `Authorization` with an access token. Rejects with SdkError where none can be had. */
  readonly authorization: () => Promise<string | null>
  /** Bounded in time and bytes; rejects for more. */
  readonly post: (path: string, body: Uint8Array, authorization: string) => Promise<Posted>
  /** Unix milliseconds. */
  readonly nowMs: () => number
}

export type Outcome =
  /** `validUntil` in Unix seconds; 0: no end. */
  | { readonly kind: 'enrolled'; readonly validUntil: number }
  /** Not now. */
  | { readonly kind: 'again'; readonly reason: string; readonly retryAfter: string | undefined }
  /** Not before somebody changes something. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Rejects when there was no answer, or no token. */
export async function askToEnrol(options: AskOptions): Promise<Outcome> {
  const { authorization, nowMs, post, sign, wanted } = options
  const shown = await authorization()
  const token = shown?.replace(/^Bearer /, '')
  if (shown === null || !token) return { kind: 'refused', reason: 'there is no access token' }
  const { kid, origin: aud, x } = wanted
  const ath = createHash('sha256').update(token).digest('base64url')
  const jti = randomBytes(16).toString('base64url')
  const claims = { ath, aud, iat: Math.floor(nowMs() / 1000), jti, x }
  const body = Buffer.from(JSON.stringify({ proof: signEnrolProof(claims, { kid, sign }) }))
  return outcomeOf(await post(enrolPath, body, shown), wanted)
}

function outcomeOf({ body, headers, status }: Posted, wanted: Wanted): Outcome {
  const reason = `HTTP ${status} ${textIn(body)}`.trim()
  if (status === 200 || status === 201) return enrolledIn(body, wanted)
  if (status === 429 || status >= 500 || status === 401) {
    const { 'retry-after': after } = headers
    return { kind: 'again', reason, retryAfter: typeof after === 'string' ? after : undefined }
  }
  return { kind: 'refused', reason }
}

/** A key that is enrolled for something else would sign what is refused later, one by one. */
function enrolledIn(body: Uint8Array, wanted: Wanted): Outcome {
  const enrolment = memberIn(parse(body), 'enrolment')
  const validUntil = memberIn(enrolment, 'validUntil')
  if (memberIn(enrolment, 'kid') !== wanted.kid || !Number.isSafeInteger(validUntil)) {
    return { kind: 'refused', reason: 'the answer has no enrolment of our key' }
  }
  const [services, roles] = [listIn(enrolment, 'services'), listIn(enrolment, 'roles')]
  const missing = wanted.roles.filter((role) => !roles.includes(role))
  if (!services.includes(wanted.service) || memberIn(enrolment, 'audience') !== wanted.audience) {
    const reason = `it is enrolled for the service ${services.join(' ')}, not ${wanted.service}`
    return { kind: 'refused', reason }
  }
  if (missing.length > 0) {
    return { kind: 'refused', reason: `it is not enrolled for the role ${missing.join(' ')}` }
  }
  return { kind: 'enrolled', validUntil: validUntil as number }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return null
  }
}

function memberIn(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = memberIn(value, name)
  return Array.isArray(list) ? list : []
}

/** The message of a google.rpc.Status: it is for people. */
function textIn(body: Uint8Array): string {
  const message = memberIn(parse(body), 'message')
  return typeof message === 'string' ? message.slice(0, 300).replace(/[^ -~]+/g, ' ') : ''
}
