// What a response asks for: `WWW-Authenticate` with the schemes of OAuth (RFC 6750 section 3,
// RFC 9449 section 7.1). It is read from the head as it was sent, for headers that were given to
// `writeHead` alone are nowhere else. Linear in the length of the head.
import type { ChallengeFacts } from '../../facts.ts'
import { challengeLengthMax } from '../../limits.ts'

const headerForm = /^www-authenticate:[ \t]*([^\r\n]*)/gim
/** A scheme or a parameter's name, and the parameter's value, quoted or not. */
const partForm =
  /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y

const codeForm = /^[a-z_]{1,64}$/
const wordForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/

/** The challenge of a response's head; null without one of OAuth. One with an error comes first. */
export function challengeIn(head: string): ChallengeFacts | null {
  const all = [...head.matchAll(headerForm)].flatMap(([, value]) => challengesIn(value ?? ''))
  return all.find(({ error }) => error !== null) ?? all[0] ?? null
}

function challengesIn(value: string): ChallengeFacts[] {
  const text = value.slice(0, challengeLengthMax)
  const found: { error: string | null; scope: string | null; acr?: string }[] = []
  let current: (typeof found)[number] | null = null
  partForm.lastIndex = 0
  for (let part = partForm.exec(text); part !== null; part = partForm.exec(text)) {
    const [, name = '', quoted, plain] = part
    const given = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (given === undefined) {
      current = /^(?:bearer|dpop)$/i.test(name) ? { error: null, scope: null } : null
      if (current !== null) found.push(current)
    } else if (current !== null && /^error$/i.test(name)) current.error ??= codeOf(given)
    else if (current !== null && /^scope$/i.test(name)) current.scope ??= wordsOf(given)
    else if (current !== null && /^acr_values$/i.test(name)) current.acr ??= wordsOf(given) ?? ''
  }
  return found
}

/** The resource writes it, but may have put in what somebody typed. */
function codeOf(text: string): string {
  return codeForm.test(text) ? text : '_OTHER'
}

/** Of scopes, and of authentication context classes. */
function wordsOf(text: string): string | null {
  return (
    text
      .split(' ')
      .filter((one) => wordForm.test(one))
      .join(' ') || null
  )
}
