// The secrets of an OAuth life, found on the wires that they are meant for: what a client and its
// authorization server send each other in clear, and nobody else may see.
import type { Exchange } from './tap.ts'

/** Kind of secret → each of its values. */
export type WireSecrets = ReadonlyMap<string, ReadonlySet<string>>

const inJson = ['access_token', 'refresh_token', 'id_token']
const inForms = `
  code state code_verifier client_secret refresh_token token id_token_hint password xsrf nonce
`
  .trim()
  .split(/\s+/)

/** Shorter values are words such as `yes`. */
const lengthMin = 8

/** All secrets of these exchanges. */
export function secretsIn(exchanges: Iterable<Exchange>): WireSecrets {
  const found = new Map<string, Set<string>>()
  const add = (kind: string, value: string): void => {
    if (value.length >= lengthMin) found.set(kind, (found.get(kind) ?? new Set()).add(value))
  }
  for (const { answer, rawHeaders, request, sent } of exchanges) {
    const json = answer.toString()
    for (const name of inJson) addMatches(`"${name}":"([^"]+)"`, json, (text) => add(name, text))
    const headers = [...pairsOf(request.rawHeaders), ...pairsOf(rawHeaders)]
    const urls = headers.filter(([name]) => name === 'location').map(([, value]) => value)
    for (const text of [request.line, sent.toString(), json, ...urls]) {
      addParameters(text, add)
      addMatches('/(?:interaction|auth)/([\\w-]{20,})', text, (uid) => add('interaction', uid))
      addMatches('name="xsrf" value="([^"]+)"', text, (value) => add('xsrf', value))
    }
    for (const [name, value] of headers) addHeader(name, value, add)
  }
  return found
}

type Add = (kind: string, value: string) => void

function addParameters(text: string, add: Add): void {
  for (const name of inForms) {
    addMatches(`(?:^|[?&\\s])${name}=([^&\\s"<]+)`, text, (value) => {
      add(name, decodeURIComponent(value.replaceAll('+', ' ')))
    })
  }
}

function addHeader(name: string, value: string, add: Add): void {
  if (name === 'authorization') {
    const [scheme = '', credentials = ''] = value.split(' ')
    add(scheme.toLowerCase(), credentials)
    if (scheme === 'Basic') add('client_secret', atob(credentials).split(':')[1] ?? '')
  }
  if (name === 'cookie' || name === 'set-cookie') {
    addMatches('(?:^|; )[\\w.]+=([\\w-]{12,})', value, (cookie) => add('cookie', cookie))
  }
}

function addMatches(pattern: string, text: string, add: (value: string) => void): void {
  for (const [, value = ''] of text.matchAll(new RegExp(pattern, 'g'))) add(value)
}

function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1] ?? '']] : [],
  )
}
