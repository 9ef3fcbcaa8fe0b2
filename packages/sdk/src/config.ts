// Configuration: the environment and the credentials file. The user's OTEL_* variables are never
// read: they are about other telemetry (decision: an audit trail has its own switch).
import { createPrivateKey, type KeyObject, createSecretKey } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { SdkError } from './codes.ts'
import {
  blockingTimeoutMs,
  blockingTimeoutRangeMs,
  previousKeysMax,
  spoolBytesDefault,
  spoolBytesMin,
} from './limits.ts'
import type { PolicyInForce } from './policy-in-force.ts'
import type { RequestLimits } from './request-limits.ts'

/** A key for keyed hashes: HMAC-SHA-256 under `key`, written `<kid>.<hash>`. */
export interface HashKey {
  readonly kid: string
  readonly key: KeyObject
}

/** What the receiver is shown, where it asks who sends. Paths of files; null: not that. */
export interface AccessSettings {
  /** PEM: authorities of the receiver's certificate, in place of Node's. */
  readonly ca: string | null
  readonly clientCert: string | null
  readonly clientKey: string | null
  readonly tokenFile: string | null
  readonly tokenRequest: {
    readonly url: string
    readonly clientId: string
    readonly secretFile: string
    readonly audience: string | null
    readonly scope: string
    /** PEM: authorities of the token endpoint's certificate, in place of Node's. */
    readonly ca: string | null
  } | null
}

/** Who this producer is and whom it trusts. */
export interface Config {
  /** The log group, `aud` of each batch. */
  readonly audience: string
  readonly service: string
  readonly environment: string | null
  /** The receiver's OTLP/HTTP base URL, without a slash at its end. */
  readonly endpoint: string
  readonly access: AccessSettings
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  /** Ed25519. */
  readonly privateKey: KeyObject
  /** Keys that this one took the place of: for what their spools still have. */
  readonly previous: readonly { readonly kid: string; readonly privateKey: KeyObject }[]
  /** Roles that the key is enrolled for; null: the file does not say it. */
  readonly roles: readonly string[] | null
  readonly logKey: string
  readonly receiptKey: string
  readonly tokenKey: HashKey | null
  readonly personKey: HashKey | null
  /** Of a service that enrols itself; undefined for one that an operator enrolled. */
  readonly enrolment?: {
    /** When it ends, in Unix seconds; null: the key is not enrolled yet. */
    readonly validUntil: number | null
  }
  /** A Collector stands between: no receipt can come back. */
  readonly viaCollector: boolean
  /** Folder of the last seen checkpoint and of the spool. */
  readonly stateDir: string
  /** The client is a dimension of metrics, too. */
  readonly metricsByClient?: true
  /** How long a response of a blocking route waits for its receipt. */
  readonly blockingTimeoutMs: number
  /** Bytes of all spool folders in it; 0: records wait in memory only. */
  readonly spoolBytes: number
  readonly policy: PolicyInForce
  /** Default: those of this SDK. */
  readonly requestLimits?: RequestLimits
  /** The key's way into the log, where the service enrols itself. */
  readonly enrolling?: {
    /** Why nothing can be sent yet; null: it can. */
    readonly pending: () => string | null
    readonly enrolled: Promise<void>
  }
}

/** What a token needs for sending. */
const sendScope = 'audit:write'

/** What the credentials and the environment say. */
export type Settings = Omit<Config, 'enrolling' | 'policy' | 'requestLimits'>

export type Environment = Readonly<Record<string, string | undefined>>

export const credentialsFormat = 'grantlog-credentials-v1'

/** GRANTLOG_DISABLED: any value but empty, `0` and `false`. */
export function isDisabled(env: Environment): boolean {
  return isOn(env.GRANTLOG_DISABLED)
}

/** GRANTLOG_ENROL, in the same way: the service enrols a key of its own. */
export function isEnrolling(env: Environment): boolean {
  return isOn(env.GRANTLOG_ENROL)
}

/**
 * The configuration of the environment and the text of the credentials file. Throws SdkError:
 * CREDENTIALS_INVALID (naming the member, never its value), ENDPOINT_INVALID, ACCESS_INVALID,
 * BLOCKING_TIMEOUT_INVALID or SPOOL_BYTES_INVALID.
 */
export function readConfig(credentials: string, env: Environment): Settings {
  const json = objectIn(credentials)
  const service = textMember(json, 'service')
  const endpoint = endpointOf(env.GRANTLOG_ENDPOINT || textMember(json, 'endpoint'))
  return {
    audience: textMember(json, 'audience'),
    service,
    environment: json.environment === undefined ? null : textMember(json, 'environment'),
    endpoint,
    access: accessOf(env, endpoint),
    kid: textMember(json, 'kid'),
    privateKey: privateKeyIn(json),
    previous: previousIn(json),
    roles: rolesIn(json),
    logKey: textMember(json, 'logKey'),
    receiptKey: textMember(json, 'receiptKey'),
    tokenKey: hashKeyIn(json, 'tokenKey'),
    personKey: hashKeyIn(json, 'personKey'),
    ...enrolmentIn(json),
    viaCollector: isOn(env.GRANTLOG_VIA_COLLECTOR),
    ...(isOn(env.GRANTLOG_METRICS_BY_CLIENT) && { metricsByClient: true }),
    spoolBytes: spoolBytesOf(env.GRANTLOG_SPOOL_BYTES || String(spoolBytesDefault)),
    stateDir: env.GRANTLOG_STATE || defaultStateDir(service, env),
    blockingTimeoutMs: timeoutIn(env.GRANTLOG_BLOCKING_TIMEOUT_MS),
  }
}

function defaultStateDir(service: string, env: Environment): string {
  const state = env.XDG_STATE_HOME || join(homedir(), '.local', 'state')
  // A service's name is the operator's, but it must not lead out of the folder.
  return join(state, 'grantlog', 'producer', encodeURIComponent(service).replaceAll('.', '%2E'))
}

function spoolBytesOf(text: string): number {
  const bytes = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (bytes === 0 || bytes >= spoolBytesMin) return bytes
  throw new SdkError('SPOOL_BYTES_INVALID', `${text}, the least is ${spoolBytesMin}`)
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.toLowerCase())
}

function timeoutIn(value: string | undefined): number {
  if (value === undefined || value === '') return blockingTimeoutMs
  const [min, max] = blockingTimeoutRangeMs
  const ms = /^\d{1,6}$/.test(value) ? Number(value) : 0
  if (ms < min || ms > max) throw new SdkError('BLOCKING_TIMEOUT_INVALID')
  return ms
}

const whatKeysNewPrints = 'it is what "grantlog keys new" prints; the file is the one named there'

function objectIn(text: string): Record<string, unknown> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    const isPrinted = text.startsWith('GRANTLOG_CREDENTIALS=')
    throw new SdkError('CREDENTIALS_INVALID', isPrinted ? whatKeysNewPrints : 'not JSON')
  }
  if (!isRecord(json) || json.format !== credentialsFormat) {
    throw new SdkError('CREDENTIALS_INVALID', `format is not ${credentialsFormat}`)
  }
  return json
}

function textMember(json: Record<string, unknown>, name: string): string {
  const value = json[name]
  if (typeof value !== 'string' || value === '' || value.length > 1024 || !value.isWellFormed()) {
    throw new SdkError('CREDENTIALS_INVALID', `${name} is not a string`)
  }
  return value
}

function enrolmentIn({ enrolment }: Record<string, unknown>): Pick<Config, 'enrolment'> {
  if (enrolment === undefined) return {}
  if (enrolment === null) return { enrolment: { validUntil: null } }
  const { validUntil } = isRecord(enrolment) ? enrolment : {}
  if (!Number.isSafeInteger(validUntil)) {
    throw new SdkError('CREDENTIALS_INVALID', 'enrolment is not {validUntil}')
  }
  return { enrolment: { validUntil: validUntil as number } }
}

function rolesIn({ roles }: Record<string, unknown>): string[] | null {
  if (roles === undefined) return null
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) {
    throw new SdkError('CREDENTIALS_INVALID', 'roles is not a list of strings')
  }
  return roles
}

function endpointOf(text: string): string {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new SdkError('ENDPOINT_INVALID', url === null ? undefined : url.protocol)
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function accessOf(env: Environment, endpoint: string): AccessSettings {
  const text = (name: string): string | null => env[name] || null
  const [clientCert, clientKey] = [text('GRANTLOG_CLIENT_CERT'), text('GRANTLOG_CLIENT_KEY')]
  if ((clientCert === null) !== (clientKey === null)) {
    throw new SdkError('ACCESS_INVALID', 'GRANTLOG_CLIENT_CERT and GRANTLOG_CLIENT_KEY are a pair')
  }
  const tokenFile = text('GRANTLOG_TOKEN_FILE')
  const tokenRequest = tokenRequestOf(text)
  if (tokenFile !== null && tokenRequest !== null) {
    throw new SdkError('ACCESS_INVALID', 'GRANTLOG_TOKEN_FILE or GRANTLOG_TOKEN_URL, not both')
  }
  // Whoever reads it on the way could send in our name.
  const isShown = tokenFile !== null || tokenRequest !== null
  if (isShown && !isPrivate(endpoint)) {
    throw new SdkError('ACCESS_INVALID', 'a token needs an https endpoint')
  }
  return { ca: text('GRANTLOG_CA'), clientCert, clientKey, tokenFile, tokenRequest }
}

function tokenRequestOf(text: (name: string) => string | null): AccessSettings['tokenRequest'] {
  const url = text('GRANTLOG_TOKEN_URL')
  if (url === null) return null
  const clientId = text('GRANTLOG_TOKEN_CLIENT_ID')
  const secretFile = text('GRANTLOG_TOKEN_CLIENT_SECRET_FILE')
  if (clientId === null || secretFile === null) {
    const needed = 'GRANTLOG_TOKEN_CLIENT_ID and GRANTLOG_TOKEN_CLIENT_SECRET_FILE'
    throw new SdkError('ACCESS_INVALID', `GRANTLOG_TOKEN_URL needs ${needed}`)
  }
  if (!isPrivate(url)) throw new SdkError('ACCESS_INVALID', 'GRANTLOG_TOKEN_URL is not https')
  const [audience, ca] = [text('GRANTLOG_TOKEN_AUDIENCE'), text('GRANTLOG_TOKEN_CA')]
  return { url, clientId, secretFile, audience, scope: sendScope, ca }
}

/** https, or http that stays on this machine. */
function isPrivate(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)
}

function privateKeyIn({ privateKey }: Record<string, unknown>): KeyObject {
  try {
    if (!isRecord(privateKey)) throw new TypeError('not a JWK')
    const key = createPrivateKey({ key: privateKey, format: 'jwk' })
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key')
    return key
  } catch {
    // Node's message may quote what it got, and that is the key.
    throw new SdkError('CREDENTIALS_INVALID', 'privateKey is not an Ed25519 JWK')
  }
}

function previousIn({ previous = [] }: Record<string, unknown>): Config['previous'] {
  if (!Array.isArray(previous) || previous.length > previousKeysMax || !previous.every(isRecord)) {
    throw new SdkError('CREDENTIALS_INVALID', `previous is not a list of ${previousKeysMax} keys`)
  }
  return previous.map((one) => ({ kid: textMember(one, 'kid'), privateKey: privateKeyIn(one) }))
}

function hashKeyIn(json: Record<string, unknown>, name: string): HashKey | null {
  const value = json[name]
  if (value === undefined || value === null) return null
  if (!isRecord(value) || typeof value.kid !== 'string' || typeof value.k !== 'string') {
    throw new SdkError('CREDENTIALS_INVALID', `${name} is not {kid, k}`)
  }
  const bytes = Buffer.from(value.k, 'base64url')
  if (bytes.length < 32 || !/^[\w-]{1,64}$/.test(value.kid)) {
    throw new SdkError('CREDENTIALS_INVALID', `${name} has less than 32 bytes or a bad kid`)
  }
  return { kid: value.kid, key: createSecretKey(bytes) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
