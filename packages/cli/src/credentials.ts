// A producer's key: enrolled in keys/enrolled.json, and handed to the service in a file.
// See test/keys.test.ts.
import { open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  decodeEnrolment,
  encodeEnrolment,
  type Enrolment,
  type Folders,
  generateEd25519,
  type LogPublicKeys,
  makeFolder,
  readIfThere,
  thumbprint,
  writeDurable,
} from '@grantlog/ledger'
import { base64url, jcsBytes, type JsonValue } from '@grantlog/record'
import { CliError } from './errors.ts'
import { requirePlace } from './place.ts'
import type { SharedKeys } from './first-start.ts'

/** What `keys new` was asked for. */
export interface ProducerRequest {
  readonly service: string
  readonly roles: readonly string[]
  readonly issuers: readonly string[]
  readonly audience: string
  readonly endpoint: string
  readonly environment: string | undefined
}

/** A new producer: its enrolment, and the text of its credentials file. */
export interface Producer {
  readonly enrolment: Enrolment
  readonly credentials: string
}

/** The clock of a producer may be so much behind ours. */
const clockSkewS = 300
const lockTries = 50
const lockWaitMs = 100

/** Makes the key. Nothing is written. */
export function newProducer(
  request: ProducerRequest,
  { logKey, receiptKey, ...shared }: LogPublicKeys & SharedKeys,
): Producer {
  const { audience, endpoint, environment, issuers, roles, service } = request
  const { jwk, publicKey } = generateEd25519()
  const kid = thumbprint(publicKey)
  const enrolment: Enrolment = {
    assurance: 'configured',
    audience,
    issuers: sorted(issuers),
    kid,
    publicKey: base64url(publicKey),
    roles: sorted(roles),
    services: [service],
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
    logKey,
    receiptKey,
    tokenKey,
    personKey,
  }
  return { enrolment, credentials: `${JSON.stringify(credentials, null, 2)}\n` }
}

/**
 * Writes the credentials file (0600, never over another), then the enrolment. A crash in between
 * leaves a file whose key is not enrolled, which the receiver refuses by name.
 */
export async function installProducer(
  { credentials, enrolment }: Producer,
  folders: Folders,
  file: string,
): Promise<void> {
  await requirePlace(dirname(file))
  await makeFolder(dirname(file), 0o700)
  await writeNew(file, credentials)
  try {
    await addEnrolment(folders, enrolment)
  } catch (error) {
    await rm(file, { force: true })
    throw error
  }
}

/** The enrolled keys; throws ENROLLED_MALFORMED. */
export async function readEnrolled(folders: Folders): Promise<Enrolment[]> {
  const file = enrolledFile(folders)
  const bytes = await readIfThere(file)
  if (bytes === null) return []
  try {
    const list = JSON.parse(new TextDecoder().decode(bytes)) as unknown
    if (!Array.isArray(list)) throw new SyntaxError('not an array')
    return list.map((entry) => decodeEnrolment(jcsBytes(entry as JsonValue)))
  } catch (cause) {
    throw enrolledMalformed(file, cause)
  }
}

/** What is wrong with the list, and which file it is: the same from every command. */
export function enrolledMalformed(file: string, cause: unknown): CliError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const fix =
    `Restore ${file} from a backup, or move it away and enrol each service anew with ` +
    '`grantlog keys new`.'
  return new CliError('ENROLLED_MALFORMED', `${file}: ${why}`, { fix, cause })
}

async function addEnrolment(folders: Folders, enrolment: Enrolment): Promise<void> {
  await changeEnrolled(folders, (before) => [...before, enrolment])
}

/** Writes the list anew, unless `change` throws. Errors: ENROLLED_MALFORMED, ENROLLED_BUSY. */
export async function changeEnrolled(
  folders: Folders,
  change: (before: readonly Enrolment[]) => readonly Enrolment[],
): Promise<void> {
  const file = enrolledFile(folders)
  const unlock = await lock(`${file}.lock`)
  try {
    const all = change(await readEnrolled(folders))
    const text = `[\n${all.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n]\n`
    await writeDurable(file, text, { mode: 0o600 })
  } finally {
    await unlock()
  }
}

/** The list of enrolled keys. */
export function enrolledFile(folders: Folders): string {
  return join(folders.keys, 'enrolled.json')
}

/** Two commands at once must not lose one of two keys. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (let tries = 0; tries < lockTries; tries++) {
    try {
      await (await open(path, 'wx', 0o600)).close()
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      await wait(lockWaitMs)
    }
  }
  throw new CliError('ENROLLED_BUSY', path)
}

async function writeNew(path: string, text: string): Promise<void> {
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
