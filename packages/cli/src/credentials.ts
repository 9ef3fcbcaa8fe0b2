// A producer's key: enrolled in keys/enrolled.json, and handed to the service in a file.
// See test/keys.test.ts.
import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  changeEnrolledFile,
  decodeEnrolment,
  encodeEnrolment,
  type Enrolment,
  type Folders,
  generateEd25519,
  LedgerError,
  type LogPublicKeys,
  makeFolder,
  readEnrolledFile,
  thumbprint,
} from '@grantlog/ledger'
import { base64url } from '@grantlog/record'
import { CliError } from './errors.ts'
import { requirePlace } from './place.ts'
import type { SharedKeys } from './first-start.ts'

/** What `keys new` was asked for, or what a key that is replaced had. */
export interface ProducerRequest {
  /** Named in the records. */
  readonly service: string
  /** That the key may name; the one of the records otherwise. */
  readonly services?: readonly string[]
  readonly roles: readonly string[]
  readonly issuers: readonly string[]
  readonly audience: string
  readonly endpoint: string
  readonly environment: string | undefined
  /** Whose spool it may open: records that were signed before are delivered still. */
  readonly previous?: readonly OwnKey[]
}

/** A producer's private key. */
export interface OwnKey {
  readonly kid: string
  readonly privateKey: unknown
}

/** A new producer: its enrolment, and the text of its credentials file. */
export interface Producer {
  readonly enrolment: Enrolment
  readonly credentials: string
}

/** The clock of a producer may be so much behind ours. */
const clockSkewS = 300

/** Makes the key. Nothing is written. */
export function newProducer(
  request: ProducerRequest,
  { logKey, receiptKey, ...shared }: LogPublicKeys & SharedKeys,
): Producer {
  const { audience, endpoint, environment, issuers, roles, service } = request
  const { previous = [], services = [service] } = request
  const { jwk, kid, publicKey } = newKey()
  const enrolment: Enrolment = {
    assurance: 'configured',
    audience,
    issuers: sorted(issuers),
    kid,
    publicKey: base64url(publicKey),
    roles: sorted(roles),
    services: sorted(services),
    validFrom: Math.floor(Date.now() / 1000) - clockSkewS,
    validUntil: 0,
  }
  // Read back as the receiver will read it.
  decodeEnrolment(encodeEnrolment(enrolment))
  const { tokenKey, personKey } = shared
  const credentials = {
    format: 'grantlog-credentials-v1',
    audience,
    service,
    ...(environment === undefined ? {} : { environment }),
    endpoint,
    roles: enrolment.roles,
    privateKey: jwk,
    kid,
    ...(previous.length === 0 ? {} : { previous }),
    logKey,
    receiptKey,
    tokenKey,
    personKey,
  }
  return { enrolment, credentials: `${JSON.stringify(credentials, null, 2)}\n` }
}

/** One whose name can stand in a command line: what begins with - is taken for an option. */
function newKey(): ReturnType<typeof generateEd25519> & { readonly kid: string } {
  for (;;) {
    const key = generateEd25519()
    const kid = thumbprint(key.publicKey)
    if (!kid.startsWith('-')) return { ...key, kid }
  }
}

/**
 * Writes the credentials file (0600, never over another), then the enrolment, and with it what
 * `change` makes of the others. A crash in between leaves a file whose key is not enrolled, which
 * the receiver refuses by name.
 */
export async function installProducer(
  { credentials, enrolment }: Producer,
  folders: Folders,
  file: string,
  change: (enrolled: readonly Enrolment[]) => readonly Enrolment[] = (enrolled) => enrolled,
): Promise<void> {
  await requirePlace(dirname(file))
  await makeFolder(dirname(file), 0o700)
  await writeNew(file, credentials)
  try {
    await changeEnrolled(folders, (enrolled) => [...change(enrolled), enrolment])
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

/** Where a credentials file is by default; a service may have many keys: the name says which. */
export function credentialsFile(data: string, service: string, kid: string): string {
  return join(data, 'credentials', `${service.replaceAll('/', '%2F')}-${kid.slice(0, 8)}.json`)
}

/** The enrolled keys; throws ENROLLED_MALFORMED. */
export async function readEnrolled(folders: Folders): Promise<Enrolment[]> {
  const file = enrolledFile(folders)
  return await readEnrolledFile(file).catch((error: unknown) => {
    throw asCliError(error, file)
  })
}

/** What is wrong with the list, and which file it is: the same from every command. */
export function enrolledMalformed(file: string, cause: unknown): CliError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const fix =
    `Restore ${file} from a backup, or move it away and enrol each service anew with ` +
    '`grantlog keys new`.'
  return new CliError('ENROLLED_MALFORMED', `${file}: ${why}`, { fix, cause })
}

/**
 * Replaces the list; nothing is written when `change` throws. Errors: its own, ENROLLED_BUSY,
 * ENROLLED_MALFORMED.
 */
export async function changeEnrolled(
  folders: Folders,
  change: (before: readonly Enrolment[]) => readonly Enrolment[],
): Promise<void> {
  const file = enrolledFile(folders)
  await changeEnrolledFile(file, change).catch((error: unknown) => {
    throw asCliError(error, file)
  })
}

/** The list of enrolled keys. */
export function enrolledFile(folders: Folders): string {
  return join(folders.keys, 'enrolled.json')
}

function asCliError(error: unknown, file: string): unknown {
  if (!(error instanceof LedgerError)) return error
  if (error.code === 'ENROLLED_BUSY') return new CliError('ENROLLED_BUSY', error.message)
  return error.code === 'ENROLLED_MALFORMED' ? enrolledMalformed(file, error) : error
}

/** 0600, durable, and never over another file. Errors: CREDENTIALS_EXIST. */
export async function writeNew(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw exists ? new CliError('CREDENTIALS_EXIST', path) : error
  }
}

function sorted(items: readonly string[]): string[] {
  return [...new Set(items)].toSorted()
}
