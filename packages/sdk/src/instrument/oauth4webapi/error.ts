// Errors of oauth4webapi 3 and of openid-client 6, which wraps them. Their codes are a contract;
// of their messages only what tells the many cases of one code apart is looked at. What they carry
// beside that (`cause`) are whole answers and claims: of these only the name of the member that was
// wrong is read. See error.test.ts: it knows every code of the installed versions.
import type { CallErrorFacts } from '../../facts.ts'
import {
  causesOf,
  networkFailure,
  protocolFailure,
  statusFailure,
  statusOf,
} from '../client-call/failure.ts'
import { attempt, type Members, record, text, texts } from '../unknown.ts'

type Reason = (detail: string | null, message: string) => string | null

interface Known {
  readonly by: CallErrorFacts['by']
  readonly reason: Reason
}

const always =
  (reason: string | null): Reason =>
  () =>
    reason

/** By the name of the claim or the member that was not as expected. */
const byName =
  (names: Readonly<Record<string, string>>, otherwise: string): Reason =>
  (detail) =>
    detail !== null && Object.hasOwn(names, detail) ? names[detail]! : otherwise

const messages: readonly (readonly [RegExp, string])[] = [
  [/signature verification failed/, 'signature_invalid'],
  [/"alg"/, 'algorithm_not_allowed'],
  [/"state"/, 'state_mismatch'],
  [/"iss" \(issuer\) (?:response|missing)|parameter "iss"/, 'issuer_mismatch'],
  [/"nonce"/, 'nonce_mismatch'],
  [/claim/i, 'claim_invalid'],
  [/missing an Authorization/, 'token_missing'],
  [/Invalid JWT|JWT (?:Header|Payload)|Authorization HTTP Header/, 'token_malformed'],
  [/DPoP/, 'dpop_invalid'],
]

const byMessage: Reason = (_, message) => messages.find(([form]) => form.test(message))?.[1] ?? null

const claims = {
  nonce: 'nonce_mismatch',
  iss: 'issuer_mismatch',
  aud: 'audience_mismatch',
  azp: 'audience_mismatch',
  s_hash: 'state_mismatch',
  ath: 'dpop_invalid',
  htm: 'dpop_invalid',
  htu: 'dpop_invalid',
  'cnf.jkt': 'dpop_invalid',
}
const times = {
  exp: 'token_expired',
  iat: 'token_not_yet_valid',
  nbf: 'token_not_yet_valid',
  auth_time: 'login_required',
}

/** Every code of a library's own; those that carry an answer's code are not among them. */
export const libraryCodes: Readonly<Record<string, Known>> = {
  OAUTH_ABORT: { by: 'network', reason: always(null) },
  OAUTH_DECRYPTION_FAILED: { by: 'client', reason: always('token_malformed') },
  OAUTH_HTTP_REQUEST_FORBIDDEN: { by: 'client', reason: always(null) },
  OAUTH_INVALID_REQUEST: { by: 'client', reason: byMessage },
  OAUTH_INVALID_RESPONSE: { by: 'client', reason: byMessage },
  OAUTH_INVALID_SERVER_METADATA: { by: 'client', reason: always(null) },
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: {
    by: 'client',
    reason: byName({ issuer: 'issuer_mismatch', resource: 'audience_mismatch' }, 'claim_invalid'),
  },
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: { by: 'client', reason: byName(claims, 'claim_invalid') },
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: { by: 'client', reason: byName(times, 'claim_invalid') },
  OAUTH_JWT_USERINFO_EXPECTED: { by: 'client', reason: always('token_malformed') },
  OAUTH_KEY_SELECTION_FAILED: { by: 'client', reason: always('key_unknown') },
  OAUTH_MISSING_SERVER_METADATA: { by: 'client', reason: always(null) },
  OAUTH_PARSE_ERROR: {
    by: 'server',
    reason: (_, message) => (message.includes('JWT') ? 'token_malformed' : null),
  },
  OAUTH_REQUEST_PROTOCOL_FORBIDDEN: { by: 'client', reason: always(null) },
  OAUTH_RESPONSE_IS_NOT_CONFORM: { by: 'server', reason: always(null) },
  OAUTH_RESPONSE_IS_NOT_JSON: { by: 'server', reason: always(null) },
  OAUTH_TIMEOUT: { by: 'network', reason: always('unreachable') },
  OAUTH_UNSUPPORTED_OPERATION: {
    by: 'client',
    reason: (detail, message) =>
      detail === 'alg' || /alg/.test(message) ? 'algorithm_not_allowed' : null,
  },
}

const codeForm = /^OAUTH_[A-Z_]{1,64}$/
/** Of a code that a later version may have. */
const unknown: Known = { by: 'client', reason: always(null) }
const codesOfAnswers = new Set(['OAUTH_RESPONSE_BODY_ERROR', 'OAUTH_AUTHORIZATION_RESPONSE_ERROR'])

/** What an error of these libraries says; any other is one of the network. */
export function libraryFailure(error: unknown): CallErrorFacts {
  const chain = causesOf(error).toReversed()
  const answer = chain.find(({ code }) => codesOfAnswers.has(text(code) ?? ''))
  if (answer !== undefined) return protocolFailure(answer.error)
  const challenge = chain.find(({ code }) => code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE')
  if (challenge !== undefined) return challengeFailure(challenge)
  // The innermost one says what was wrong; those around it say it in other words.
  const own = chain.find(({ code }) => codeForm.test(text(code) ?? ''))
  return own === undefined ? networkFailure(error) : ownFailure(own)
}

/** RFC 6750 section 3: the code is in one of the challenges, or there is none. */
function challengeFailure({ cause, status }: Members): CallErrorFacts {
  const challenges: unknown[] = Array.isArray(cause) ? cause : []
  const codes = challenges.map((one) => text(record(record(one).parameters).error))
  const code = codes.find((one) => one !== null)
  return code === undefined ? statusFailure(statusOf(status) ?? 401) : protocolFailure(code)
}

function ownFailure({ code, message, cause }: Members): CallErrorFacts {
  const type = text(code) ?? ''
  const { by, reason } = Object.hasOwn(libraryCodes, type) ? libraryCodes[type]! : unknown
  const { claim, attribute } = record(cause)
  const told = reason(text(claim) ?? text(attribute), text(message) ?? '')
  if (by !== 'server' || told !== null) return { code: null, type, reason: told, by }
  // An answer that is none of OAuth: its status says more.
  const status = statusOf(attempt(() => record(cause).status))
  return { ...statusFailure(status ?? 0), type }
}

/** A call that did not leave the process: wrong arguments, or a server that is not configured. */
export function isMisuse(error: unknown): boolean {
  const [first] = causesOf(error)
  const codes = causesOf(error).flatMap(({ code }) => texts(code))
  if (codes.some((code) => misuses.has(code))) return true
  return first?.name === 'TypeError' && first.cause === undefined && codes.length === 0
}

const misuses = new Set([
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
  'OAUTH_INVALID_SERVER_METADATA',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_REQUEST_PROTOCOL_FORBIDDEN',
])
