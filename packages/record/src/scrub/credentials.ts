// Credentials that show by their form, whatever stands around them: JSON Web Tokens, and what
// follows the name of an HTTP authentication scheme.
import { encoded } from './encoding.ts'
import { REDACTED } from './redacted.ts'

/** Runs of what a token is made of; an escape such as `%20` or `%2F` stands apart from it. */
const runs = new RegExp(`${encoded('[0-9a-f]{2}')}|[\\w.-]{20,}`, 'gi')

/** The start of a JSON object, base64url: `{"`, `{ `, `{\n`. */
const objectStarts = /e[yw][A-Za-z0-9_-]/g

/** A header of a JWS or JWE, or as much of it as was decoded. */
const header = /^\{\s*"[\x20\x21\x23-\x7e]{1,40}(?:"\s*:|$)/
const headerChars = 48

/** A part of a token that is behind its header. */
const part = /\.[\w-]{4}/g

/** Redacts JSON Web Tokens (RFC 7519), signed or encrypted, also when their end was cut off. */
export function scrubTokens(text: string): string {
  if (!/e[yw]/.test(text)) return text
  return text.replace(runs, (run) => {
    const lastPart = run.includes('.') ? [...run.matchAll(part)].at(-1)?.index : undefined
    if (lastPart === undefined) return run
    for (const { index } of run.matchAll(objectStarts)) {
      if (index < lastPart && isHeader(run.slice(index, index + headerChars))) {
        return run.slice(0, index) + REDACTED
      }
    }
    return run
  })
}

function isHeader(start: string): boolean {
  const [encodedHeader = ''] = start.split('.', 1)
  const base64 = encodedHeader.replaceAll('-', '+').replaceAll('_', '/')
  // What was cut off may end within a character of a byte, of which nothing can be read.
  return header.test(atob(base64.length % 4 === 1 ? base64.slice(0, -1) : base64))
}

/** Schemes of RFC 6750, 9449 and 7617, maybe twice by mistake, and what follows. */
const schemes = new RegExp(
  `(?<=^|[^A-Za-z0-9]|%[0-9a-f]{2})((?:(?:bearer|dpop|basic)(?:[\\s+]|${encoded('20')})+)+)` +
    `([^\\s"'<>,;&]+)`,
  'gi',
)

/** A challenge (`Bearer realm=…`, RFC 9110 section 11.6.1) holds no secret. */
const challenge =
  /^(?:realm|scope|error|error_description|error_uri|algs|nonce|resource_metadata)=/i

/** What follows a scheme's name in sentences. */
const sentences = new Set(
  `a access and are as auth authenticate authenticated authentication authorization based bound by
  can challenge client credential credentials error expected expired failed for format from has
  header headers in info is invalid key kind length malformed method missing must name nonce not
  of on only or prefix proof proofs request required response scheme schema should support
  supported to token tokens type usage used user was were when with without`.split(/\s+/),
)

/** Redacts the credentials behind `Bearer`, `DPoP` and `Basic`. */
export function scrubSchemes(text: string): string {
  return text.replace(schemes, (all: string, scheme: string, value: string) =>
    isSentence(scheme, value) ? all : scheme + REDACTED,
  )
}

function isSentence(scheme: string, value: string): boolean {
  const word = value.replace(/[.:!?)\]}]{1,8}$/, '')
  if (challenge.test(word) || sentences.has(word.toLowerCase())) return true
  // "basic" is also plain English; what it announces is base64, and hardly ever one small word.
  return scheme.startsWith('basic') && /^[A-Za-z][a-z]*$/.test(word)
}
