// What the receiver is shown, besides signatures, where it asks who sends: a client certificate,
// an access token, or both. Files are read again: whoever renews them restarts nothing.
import type { AccessSettings } from '../config.ts'
import { SdkError } from '../codes.ts'
import { accessFileBytesMax, accessLookMs, tokenSpareMs, tokenUnknownMs } from '../limits.ts'
import type { HttpAnswer } from './io/http.ts'

/** PEM texts for connections. */
export interface Credentials {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface Access {
  /** For new connections; the same object until a file changes. */
  readonly credentials: () => Promise<Credentials>
  /** `Authorization` of a request; null: there is no token to show. */
  readonly authorization: () => Promise<string | null>
  /**
   * The receiver says that this `Authorization` is no good: its token is read, or asked for, once
   * more; a newer one stays. One that comes again the same is not given up twice.
   */
  readonly refused: (shown: string) => void
}

export interface AccessParts {
  /** Text of a file of at most so many bytes. Rejects with the system's error. */
  readonly readText: (path: string, bytesMax: number) => Promise<string>
  /** A form, sent to the token endpoint with this `Authorization`. */
  readonly postForm: (form: string, authorization: string) => Promise<HttpAnswer>
  /** Monotonic. */
  readonly nowMs: () => number
}

/** Calls reject with SdkError CERTIFICATE_UNREADABLE or TOKEN_UNAVAILABLE; neither has a secret. */
export function createAccess(settings: AccessSettings, parts: AccessParts): Access {
  const credentials = keptFor(accessLookMs, parts.nowMs, () => readCredentials(settings, parts))
  const { tokenFile, tokenRequest } = settings
  const token =
    tokenFile !== null
      ? keptFor(accessLookMs, parts.nowMs, () => readToken(tokenFile, parts))
      : requested(tokenRequest, parts)
  let refusedBefore: string | null = null
  return {
    credentials: credentials.get,
    authorization: async () => {
      const text = await token.get()
      return text === null ? null : `Bearer ${text}`
    },
    refused: (shown) => {
      if (shown === refusedBefore) return
      refusedBefore = shown
      token.forget(shown.replace(/^Bearer /, ''))
    },
  }
}

interface Kept<T> {
  readonly get: () => Promise<T>
  /** Reads anew, if it is this one. */
  readonly forget: (value: T) => void
}

/** Read again after `ms`; a failed reading is not kept. Equal texts are one object. */
function keptFor<T>(ms: number, nowMs: () => number, read: () => Promise<T>): Kept<T> {
  let kept: { readonly value: T; readonly text: string; readonly atMs: number } | null = null
  let isDue = true
  return {
    get: async () => {
      if (kept !== null && !isDue && nowMs() - kept.atMs < ms) return kept.value
      const atMs = nowMs()
      const value = await read()
      const text = JSON.stringify(value)
      kept = { value: kept?.text === text ? kept.value : value, text, atMs }
      isDue = false
      return kept.value
    },
    forget: (value) => {
      if (kept?.value === value) isDue = true
    },
  }
}

async function readCredentials(
  { ca, clientCert, clientKey }: AccessSettings,
  { readText }: AccessParts,
): Promise<Credentials> {
  const read = async (name: string, path: string | null): Promise<[string, string][]> => {
    if (path === null) return []
    try {
      return [[name, await readText(path, accessFileBytesMax)]]
    } catch (error) {
      throw new SdkError('CERTIFICATE_UNREADABLE', `${path}: ${codeOf(error)}`)
    }
  }
  const files = [read('ca', ca), read('cert', clientCert), read('key', clientKey)]
  return Object.fromEntries((await Promise.all(files)).flat())
}

async function readToken(path: string, { readText }: AccessParts): Promise<string> {
  let text: string
  try {
    text = (await readText(path, accessFileBytesMax)).trim()
  } catch (error) {
    throw new SdkError('TOKEN_UNAVAILABLE', `${path}: ${codeOf(error)}`)
  }
  if (!isToken(text)) throw new SdkError('TOKEN_UNAVAILABLE', `${path} holds no token`)
  return text
}

/** Client credentials (RFC 6749, 4.4); a token is asked for again before it ends. */
function requested(
  request: AccessSettings['tokenRequest'],
  { nowMs, postForm, readText }: AccessParts,
): Kept<string | null> {
  let kept: { readonly token: string; readonly untilMs: number } | null = null

  async function ask(asked: NonNullable<typeof request>): Promise<string> {
    let secret: string
    try {
      secret = (await readText(asked.secretFile, accessFileBytesMax)).trim()
    } catch (error) {
      throw new SdkError('TOKEN_UNAVAILABLE', `${asked.secretFile}: ${codeOf(error)}`)
    }
    const atMs = nowMs()
    const answer = await postForm(formOf(asked), basicOf(asked.clientId, secret))
    const { lifeMs, token } = tokenIn(answer)
    kept = { token, untilMs: atMs + Math.max(lifeMs - tokenSpareMs, lifeMs / 2) }
    return token
  }

  return {
    get: async () => {
      if (request === null) return null
      return kept !== null && nowMs() < kept.untilMs ? kept.token : await ask(request)
    },
    forget: (token) => {
      if (kept?.token === token) kept = null
    },
  }
}

/** RFC 8707 says `resource` for a URL; where an audience is a name, servers call it `audience`. */
function formOf({ audience, scope }: NonNullable<AccessSettings['tokenRequest']>): string {
  const form = new URLSearchParams({ grant_type: 'client_credentials', scope })
  if (audience !== null) form.set(URL.canParse(audience) ? 'resource' : 'audience', audience)
  return form.toString()
}

/** RFC 6749, 2.3.1: both are form-encoded first. */
function basicOf(clientId: string, secret: string): string {
  const encode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}`
}

function tokenIn({ body, status }: HttpAnswer): { token: string; lifeMs: number } {
  const json = objectIn(body)
  if (status !== 200) {
    const { error } = json
    const word = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''
    throw new SdkError('TOKEN_UNAVAILABLE', `HTTP ${status}${word}`)
  }
  const { access_token: token, expires_in: seconds, token_type: type } = json
  const isBearer = typeof type === 'string' && type.toLowerCase() === 'bearer'
  if (!isBearer || !isToken(token)) {
    throw new SdkError('TOKEN_UNAVAILABLE', 'the answer has no Bearer token')
  }
  const isNumber = typeof seconds === 'number' && seconds > 0
  return { token, lifeMs: isNumber ? seconds * 1_000 : tokenUnknownMs }
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(Buffer.from(body).toString())
    return typeof json === 'object' && json !== null ? { ...json } : {}
  } catch {
    return {}
  }
}

/** `b64token` of RFC 6750, 2.1: nothing else belongs in a header. */
function isToken(text: unknown): text is string {
  return typeof text === 'string' && /^[A-Za-z0-9._~+/-]+=*$/.test(text)
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'unreadable'
}
