// The credentials of a service that enrols itself: what the environment says, and a key of its own.
// They are complete from the first start on, but for the word that the key is enrolled; so records
// are signed and kept at once, and sent once it is. See enrol.test.ts.
import { createHash, generateKeyPairSync } from 'node:crypto'
import { SdkError } from '../codes.ts'

/** A private key of the credentials file, in its form. */
export interface OwnKey {
  readonly kid: string
  readonly privateKey: Readonly<Record<string, unknown>>
}

type Texts = Readonly<Record<string, string | undefined>>

/** Whose value the operator copies from `grantlog keys log`, and what is this service's own. */
const needed = {
  audience: null,
  service: 'GRANTLOG_SERVICE',
  endpoint: 'GRANTLOG_ENDPOINT',
  roles: 'GRANTLOG_ROLES',
  logKey: 'GRANTLOG_LOG_KEY',
  receiptKey: 'GRANTLOG_RECEIPT_KEY',
} as const

/** A key whose name can stand in a command line: what begins with - is taken for an option. */
export function newOwnKey(): OwnKey {
  for (;;) {
    const privateKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
    const { crv, kty, x } = privateKey
    const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url')
    if (!kid.startsWith('-')) return { kid, privateKey: { ...privateKey } }
  }
}

/**
 * Text of the file, whose `enrolment` is null until the key is enrolled. Throws SdkError
 * ENROL_INVALID, naming the first variable that is missing.
 */
export function pendingCredentials(
  env: Texts,
  { kid, privateKey }: OwnKey,
  hashKeys: Readonly<Record<string, unknown>> = {},
): string {
  for (const variable of Object.values(needed)) {
    if (variable !== null && !env[variable]) throw new SdkError('ENROL_INVALID', variable)
  }
  return textOf({
    format: 'grantlog-credentials-v1',
    audience: 'default',
    service: env.GRANTLOG_SERVICE,
    ...(env.GRANTLOG_ENVIRONMENT ? { environment: env.GRANTLOG_ENVIRONMENT } : {}),
    endpoint: env.GRANTLOG_ENDPOINT,
    roles: (env.GRANTLOG_ROLES ?? '').split(/[\s,]+/).filter((role) => role !== ''),
    ...{ privateKey, kid },
    logKey: env.GRANTLOG_LOG_KEY,
    receiptKey: env.GRANTLOG_RECEIPT_KEY,
    tokenKey: hashKeys.tokenKey,
    personKey: hashKeys.personKey,
    enrolment: null,
  })
}

/** What the file in GRANTLOG_HASH_KEYS has. Throws SdkError ENROL_INVALID, without its text. */
export function hashKeysIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const { personKey, tokenKey } = JSON.parse(text) as Record<string, unknown>
    return { tokenKey, personKey }
  } catch {
    throw new SdkError('ENROL_INVALID', 'GRANTLOG_HASH_KEYS is no file of "grantlog keys log"')
  }
}

/** The key of a file that waits for its enrolment; null for any other text. */
export function pendingKeyIn(text: string): OwnKey | null {
  try {
    const { enrolment, kid, privateKey } = JSON.parse(text) as Record<string, unknown>
    const isKey = typeof kid === 'string' && typeof privateKey === 'object' && privateKey !== null
    return enrolment === null && isKey ? { kid, privateKey: { ...privateKey } } : null
  } catch {
    return null
  }
}

/** Whether the text is a file with that key. */
export function isOfKey(text: string, kid: string): boolean {
  try {
    return (JSON.parse(text) as { kid?: unknown } | null)?.kid === kid
  } catch {
    return false
  }
}

/** The same file, with the word that its key is enrolled until then. */
export function enrolledCredentials(text: string, validUntil: number): string {
  return textOf({ ...(JSON.parse(text) as object), enrolment: { validUntil } })
}

function textOf(credentials: object): string {
  return `${JSON.stringify(credentials, null, 2)}\n`
}
