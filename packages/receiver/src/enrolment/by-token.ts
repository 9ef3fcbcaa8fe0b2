// `POST /grantlog/v1/enrol`: a client or an API enrols its own key, by an access token of an issuer
// that the configuration names, and a proof that it has the key (FORMAT.md 7.1, decision 021). What
// the key may say is the configuration's word alone. See by-token.test.ts.
import { join } from 'node:path'
import {
  changeEnrolledFile,
  ed25519PublicKey,
  ed25519Verify,
  type Enrolment,
  LedgerError,
  requireSoundKey,
  thumbprint,
} from '@grantlog/ledger'
import {
  type EnrolProof,
  fromBase64url,
  readEnrolConsent,
  readEnrolProof,
  RecordError,
} from '@grantlog/record'
import { ReceiverError } from '../codes.ts'
import type { Enrolled, Enrolling, EnrolRequest, Log } from '../flow.ts'
import { ASSERTED_DAYS, ASSERTED_RENEWED_DAYS, ASSERTED_SKEW_S } from '../caller-limits.ts'
import { type Limits, PROOF_SKEW_S } from '../limits.ts'
import { createOnce } from '../once.ts'
import { createPerHour } from './per-hour.ts'
import type { Register } from './register.ts'

export interface ByTokenOptions {
  readonly origin: string
  /** Holds enrolled.json. */
  readonly keysFolder: string
  readonly register: Pick<Register, 'isRevoked' | 'look' | 'lookup'>
  /**
   * Keeps the key for this log until what it gives is called. Null: another tenant has it, or is
   * about to.
   */
  readonly reserve: (kid: string) => (() => void) | null
  readonly limits: Pick<Limits, 'enrolmentsPerHour' | 'proofsPerKey'>
  /** Unix milliseconds. */
  readonly now: () => number
  readonly uptimeMs: () => number
  readonly log: Log
}

const RENEWED_AFTER_S = (ASSERTED_DAYS - ASSERTED_RENEWED_DAYS) * 86_400

interface Proven {
  readonly kid: string
  readonly proof: EnrolProof
  /** The consent of the key in force, unverified. */
  readonly previous: string | null
  readonly nowS: number
}

/**
 * Returns what enrols a key; it resolves once the key may sign: its leaf is in the log.
 *
 * Errors of it: RECEIVER_ENROL_REFUSED, RECEIVER_ENROL_CONFLICT, RECEIVER_ENROL_BUSY,
 * RECEIVER_BUSY, RECEIVER_COMMIT_FAILED.
 */
export function createByToken(
  options: ByTokenOptions,
): (who: Enrolling, request: EnrolRequest) => Promise<Enrolled> {
  const { keysFolder, limits, log, now, origin, register, uptimeMs } = options
  const takeOnce = createOnce({ code: 'RECEIVER_ENROL_REFUSED', perSender: limits.proofsPerKey })
  const spend = createPerHour({ perHour: limits.enrolmentsPerHour, uptimeMs })
  const path = join(keysFolder, 'enrolled.json')
  let last: Promise<unknown> = Promise.resolve()

  function prove(who: Enrolling, { previous, proof: jws }: EnrolRequest): Proven {
    const nowS = Math.floor(now() / 1000)
    const { kid, proof } = verified(jws)
    if (proof.aud !== origin) throw refused('it is for another log')
    if (proof.ath !== who.ath) throw refused('it is for another access token')
    takeOnce(`${who.client} of ${who.issuer}`, proof, nowS)
    // Its last leaf is what readers go by: another would take the warning back.
    if (register.isRevoked(kid)) throw conflict('the key was revoked')
    return { kid, proof, previous, nowS }
  }

  async function write(who: Enrolling, proven: Proven): Promise<Enrolled> {
    const wanted = enrolmentFor(who, proven)
    let enrolment = wanted
    let known: Enrolment | undefined
    await changeEnrolledFile(path, (before) => {
      known = knownIn(before, wanted, proven.nowS)
      enrolment = known === undefined ? wanted : renewed(known, wanted, before)
      // Its answer was lost, or its leaf could not be written.
      if (enrolment === known) return before
      if (known === undefined) requireConsent(before, wanted, { ...proven, origin })
      spend(who.issuer)
      return [...before.filter((each) => each !== known), enrolment]
    }).catch((error: unknown) => {
      throw failureOf(error, log)
    })
    await inForce(register, enrolment)
    if (enrolment !== known) {
      const { client, issuer, service } = who
      log({ code: 'KEY_ASSERTED', level: 'info', kid: enrolment.kid, service, client, issuer })
    }
    return { enrolment, isNew: known === undefined }
  }

  return async (who, request) => {
    const proven = prove(who, request)
    // Until it is in force: in two lists, one of them could not be read any more.
    const release = options.reserve(proven.kid)
    if (release === null) throw conflict('another tenant has the key')
    // One after the other: each of them would wait for the lock of the one before.
    const enrolled = last.then(() => write(who, proven)).finally(release)
    last = enrolled.catch(() => undefined)
    return await enrolled
  }
}

/** Errors: RECEIVER_ENROL_REFUSED. */
function verified(jws: string): { readonly kid: string; readonly proof: EnrolProof } {
  try {
    const { kid, said: proof, signature, signingInput } = readEnrolProof(jws)
    const key = bytesOf(proof.jwk.x)
    requireSoundKey(key)
    if (kid !== thumbprint(key)) throw refused('its kid is not the thumbprint of its key')
    const isSigned = ed25519Verify(ed25519PublicKey(key), signingInput, signature)
    if (!isSigned) throw refused('it is forged')
    return { kid, proof }
  } catch (error) {
    if (error instanceof RecordError) throw refused(error.message)
    if (error instanceof LedgerError) throw refused('its key is not sound')
    throw error
  }
}

function enrolmentFor(
  { issuers, roles, service }: Enrolling,
  { kid, nowS, proof }: Proven,
): Enrolment {
  return {
    assurance: 'issuer-asserted',
    audience: 'default',
    issuers: sorted(issuers),
    kid,
    publicKey: proof.jwk.x,
    roles: sorted(roles),
    services: [service],
    validFrom: nowS - ASSERTED_SKEW_S,
    validUntil: nowS + ASSERTED_DAYS * 86_400,
  }
}

/**
 * The same enrolment, if it is there already and may sign. Errors: RECEIVER_ENROL_CONFLICT for a
 * key that is there otherwise.
 */
function knownIn(
  enrolled: readonly Enrolment[],
  wanted: Enrolment,
  nowS: number,
): Enrolment | undefined {
  const found = enrolled.find(({ kid }) => kid === wanted.kid)
  if (found === undefined) return undefined
  if (scopeOf(found) !== scopeOf(wanted)) throw conflict('the key is enrolled for something else')
  if (!maySign(found, nowS)) throw conflict('the key was enrolled, and may not sign any more')
  return found
}

/**
 * Another term for a key whose end is near: a service that runs for longer need not start again
 * with another key. One that was replaced keeps its end.
 */
function renewed(
  known: Enrolment,
  { services, validUntil }: Enrolment,
  enrolled: readonly Enrolment[],
): Enrolment {
  const isNear = known.validUntil !== 0 && known.validUntil < validUntil - RENEWED_AFTER_S
  const isReplaced = enrolled.some(
    (each) =>
      each.revoked === undefined &&
      services.some((service) => each.services.includes(service)) &&
      (each.validUntil === 0 || each.validUntil > known.validUntil),
  )
  return isNear && !isReplaced ? { ...known, validUntil } : known
}

/**
 * Whoever has got hold of a client's credentials alone must not speak for a service that has a key,
 * nor bring back one whose key was revoked. Errors: RECEIVER_ENROL_CONFLICT.
 */
function requireConsent(
  enrolled: readonly Enrolment[],
  { kid: next, services }: Enrolment,
  { nowS, origin, previous, proof }: Proven & { readonly origin: string },
): void {
  const ofService = enrolled.filter((each) => services.some((one) => each.services.includes(one)))
  const inForce = ofService.filter((each) => maySign(each, nowS))
  if (inForce.length === 0) {
    const isRevoked = ofService.some(({ revoked }) => revoked !== undefined)
    if (isRevoked) throw conflict('a key of the service was revoked, and none is in force')
    return
  }
  if (previous === null) throw conflict('the service has a key, which did not sign the new one')
  const { kid, said, signature, signingInput } = read(previous)
  const old = inForce.find((each) => each.kid === kid)
  if (old === undefined) throw conflict('who signed the new key is no key in force of the service')
  if (!ed25519Verify(ed25519PublicKey(bytesOf(old.publicKey)), signingInput, signature)) {
    throw conflict('the signature of the key in force is forged')
  }
  const { aud, iat, jti } = said
  const isOfThis = aud === origin && said.next === next && jti === proof.jti
  if (!isOfThis || Math.abs(iat - nowS) > PROOF_SKEW_S) {
    throw conflict('the key in force signed something else')
  }
}

function read(consent: string): ReturnType<typeof readEnrolConsent> {
  try {
    return readEnrolConsent(consent)
  } catch (error) {
    if (error instanceof RecordError) throw conflict(error.message)
    throw error
  }
}

/** Errors: RECEIVER_COMMIT_FAILED. */
async function inForce(
  register: ByTokenOptions['register'],
  { kid, validUntil }: Enrolment,
): Promise<void> {
  const isInForce = (): boolean => register.lookup(kid)?.enrolment.validUntil === validUntil
  // A look that began before the file was written may be under way.
  for (let looks = 0; looks < 2 && !isInForce(); looks++) await register.look()
  if (!isInForce()) throw new ReceiverError('RECEIVER_COMMIT_FAILED')
}

/** Paths are for the log. */
function failureOf(error: unknown, log: Log): unknown {
  if (error instanceof ReceiverError) return error
  if (error instanceof LedgerError && error.code === 'ENROLLED_BUSY') {
    return new ReceiverError('RECEIVER_BUSY', 'the list of keys is being changed')
  }
  const detail = error instanceof Error ? error.message : String(error)
  log({ code: 'ENROLMENTS_UNREADABLE', level: 'error', detail })
  return new ReceiverError('RECEIVER_COMMIT_FAILED')
}

function scopeOf({ assurance, audience, issuers, roles, services }: Enrolment): string {
  return JSON.stringify([assurance, audience, issuers, roles, services])
}

/** One that is not valid yet counts, too: it was wanted. */
function maySign({ revoked, validUntil }: Enrolment, nowS: number): boolean {
  return revoked === undefined && (validUntil === 0 || nowS <= validUntil)
}

function bytesOf(text: string): Uint8Array {
  return fromBase64url(text) ?? new Uint8Array()
}

function sorted(items: readonly string[]): string[] {
  return [...new Set(items)].toSorted()
}

function refused(why: string): ReceiverError {
  return new ReceiverError('RECEIVER_ENROL_REFUSED', why)
}

function conflict(why: string): ReceiverError {
  return new ReceiverError('RECEIVER_ENROL_CONFLICT', why)
}
