// What a record says of the request itself. Callers of these endpoints are unauthenticated, and a
// person or a program types secrets into the wrong field: a value is told only when it is one of
// the protocol's own words, or one that this server knows already. All else is `_OTHER`.
import { ATTR } from '@grantlog/record'
import type { ServerFacts } from '../facts.ts'
import { knownLengthMax, knownResourcesMax } from '../limits.ts'
import { list } from './list.ts'
import type { Told } from './value.ts'

/** As in OpenTelemetry: a value that is not on the list. */
export const other = '_OTHER'

const setOf = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

const grantTypes = setOf(`
  authorization_code client_credentials implicit password refresh_token
  urn:ietf:params:oauth:grant-type:device_code urn:ietf:params:oauth:grant-type:jwt-bearer
  urn:ietf:params:oauth:grant-type:pre-authorized_code
  urn:ietf:params:oauth:grant-type:saml2-bearer urn:ietf:params:oauth:grant-type:token-exchange
  urn:openid:params:grant-type:ciba
`)
const responseTypes = setOf('code id_token none token')
const responseModes = setOf(
  'form_post form_post.jwt fragment fragment.jwt jwt query query.jwt web_message web_message.jwt',
)
const prompts = setOf('consent create login none select_account')
const pkceMethods = setOf('S256 plain')

/** A scope token of RFC 6749 section 3.3, of bounded length. */
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/

/** Attributes of the request's parameters. */
export function describeRequest(
  told: Told,
  facts: Pick<ServerFacts, 'parameters' | 'known' | 'client'>,
): void {
  const { parameters, known, client } = facts
  const { grantType, responseMode, codeChallengeMethod, redirectUri } = parameters
  const acrs = client === null ? [] : known.acrs
  told.add(ATTR.OAUTH_GRANT_TYPE, grantType && oneOf(grantType, grantTypes, known.grantTypes))
  told.add(ATTR.OAUTH_RESPONSE_TYPE, wordsOf(parameters.responseType, isIn(responseTypes)))
  told.add(ATTR.OAUTH_RESPONSE_MODE, responseMode && oneOf(responseMode, responseModes))
  told.add(ATTR.OAUTH_PROMPT, wordsOf(parameters.prompt, isIn(prompts)))
  told.add(ATTR.OAUTH_SCOPE_REQUESTED, knownScopes(parameters.scope, facts))
  told.add(
    ATTR.OAUTH_AUTH_ACR_REQUESTED,
    wordsOf(parameters.acrValues, (word) => acrs.includes(word)),
  )
  told.add(ATTR.OAUTH_RESOURCE, resourcesOf(parameters.resources, known.resources))
  told.add(ATTR.OAUTH_AUTHORIZATION_DETAILS_TYPES, detailTypesOf(facts))
  told.add(
    ATTR.OAUTH_REDIRECT_URI_HOST,
    redirectUri && known.isRedirectUri ? hostOf(redirectUri) : null,
  )
  told.add(ATTR.OAUTH_PKCE_METHOD, codeChallengeMethod && oneOf(codeChallengeMethod, pkceMethods))
  told.add(ATTR.OAUTH_PAR_USED, parameters.hasPushedRequest || null)
  told.add(ATTR.OAUTH_REQUEST_OBJECT_USED, parameters.hasRequestObject || null)
}

/** Scopes that somebody typed: those that the server knows. */
export function knownScopes(
  typed: string | null,
  { client, known }: Pick<ServerFacts, 'client' | 'known'>,
): string | null {
  const isKnown = (word: string): boolean =>
    client !== null && scopeForm.test(word) && known.scopes.includes(word)
  return wordsOf(typed, isKnown)
}

/** Scopes that a client or a server has registered, each in the form of one. */
export function scopeWords(registered: string | null): string | null {
  return registered && list(registered.split(' ').filter((word) => scopeForm.test(word)))
}

/** Any text may be a type: those that the server knows. */
function detailTypesOf({
  client,
  known,
  parameters,
}: Pick<ServerFacts, 'parameters' | 'known' | 'client'>): string | null {
  const { detailTypes } = parameters
  if (detailTypes === undefined) return null
  const own = client === null ? [] : (known.detailTypes ?? [])
  return list(detailTypes.map((type) => (own.includes(type) ? type : other)))
}

function oneOf(value: string, set: ReadonlySet<string>, more: readonly string[] = []): string {
  return set.has(value) || more.includes(value) ? value : other
}

function isIn(set: ReadonlySet<string>): (word: string) => boolean {
  return (word) => set.has(word)
}

function wordsOf(text: string | null, isTold: (word: string) => boolean): string | null {
  if (text === null) return null
  return list(text.split(' ').map((word) => (word === '' || isTold(word) ? word : other)))
}

function resourcesOf(resources: readonly string[], known: readonly string[]): string {
  const told: string[] = []
  for (const uri of resources) {
    const shown = known.includes(uri) ? knownUri(uri) : URL.canParse(uri) ? other : null
    if (shown !== null) told.push(shown)
  }
  return list(told)
}

/** What is told of resources that the server knows, of which there are few. */
const knownUris = new Map<string, string | null>()

function knownUri(uri: string): string | null {
  const found = knownUris.get(uri)
  if (found !== undefined) return found
  const url = URL.parse(uri)
  const made = url === null ? null : bareUri(uri, url)
  if (knownUris.size < knownResourcesMax && uri.length <= knownLengthMax) knownUris.set(uri, made)
  return made
}

/**
 * Scheme, host and path. A resource indicator should have no query (RFC 8707 section 2); one that
 * has may hold a secret, and so may user and password in front of its host.
 */
function bareUri(uri: string, { protocol, host, pathname }: URL): string {
  if (host === '') return `${protocol}${pathname}`
  const isBare = pathname === '/' && !uri.replace(/[?#].*$/s, '').endsWith('/')
  return `${protocol}//${host}${isBare ? '' : pathname}`
}

function hostOf(uri: string): string | null {
  const url = URL.parse(uri)
  return url === null ? null : url.hostname || url.protocol.slice(0, -1)
}
