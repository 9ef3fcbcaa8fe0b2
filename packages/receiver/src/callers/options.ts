// Who may send, as it is configured. See README.md, "Who may send".
import { isTenantName } from '@grantlog/ledger'
import { ReceiverError } from '../codes.ts'
import { isLoopback } from '../host.ts'
import {
  MAX_CALLER_CHARACTERS,
  MAX_CERTIFICATE_CALLERS,
  MAX_ENROLLING_CLIENTS,
  MAX_ISSUERS,
} from '../caller-limits.ts'

/** A client certificate by one of its marks, exact; it must be of the authority in any case. */
export interface CertificateCaller {
  /** What the log and limits call who shows it. */
  readonly name: string
  /** SHA-256 of the certificate in hexadecimal, with or without colons. */
  readonly sha256?: string
  /** One entry of its subjectAltName with its kind: `DNS:a.example`, `URI:spiffe://a/b`. */
  readonly san?: string
  /** The common name of its subject. */
  readonly commonName?: string
  /** The one tenant it is of; default: it brings what is of any, and the rest is the main one's. */
  readonly tenant?: string
}

/** An issuer of access tokens that are JWTs (RFC 9068). Nobody else is ever asked for keys. */
export interface IssuerOptions {
  /** `iss`, exactly. https; http on loopback only. */
  readonly issuer: string
  /** `aud` must have it. */
  readonly audience: string
  /** Default: what the issuer's metadata says (OpenID Connect Discovery, RFC 8414). */
  readonly jwksUri?: string
  /**
   * Default `audit:write`. Null: none is asked for, and `clients` says who may send; tokens of
   * Kubernetes service accounts have no scopes.
   */
  readonly scope?: string | null
  /** Names in client_id, azp or else sub, exactly; default: whoever has the scope. */
  readonly clients?: readonly string[]
  /** Default: all of ALGORITHMS. */
  readonly algorithms?: readonly string[]
  /** Seconds that clocks may differ; default 30. */
  readonly leewayS?: number
  /** Takes only tokens that say `typ: at+jwt`. Keycloak and Hydra say `JWT`. Default false. */
  readonly requireType?: boolean
  /** The one tenant that all who have its tokens are of; default: as of certificates. */
  readonly tenant?: string
  /** Who may enrol a key by an access token of this issuer; default: nobody. */
  readonly enrol?: readonly EnrollingClient[]
  /** What such a token must have; default `audit:enrol`. Null: none is asked for. */
  readonly enrolScope?: string | null
}

/** A client of the issuer that may enrol a key by its access token, and for what. */
export interface EnrollingClient {
  /** In client_id, azp or else sub, exactly. */
  readonly client: string
  /** What records of its keys must name. */
  readonly service: string
  /** Of ENROLLING_ROLES: an authorization server's key is enrolled by the operator alone. */
  readonly roles: readonly string[]
  /** Issuers that its records may name; default: any. */
  readonly issuers?: readonly string[]
  /** In whose log; default: the tenant of the issuer, or the main one. */
  readonly tenant?: string
}

/** Either is enough. */
export interface CallersOptions {
  /** `any`: each certificate of the authority; its name is its first SAN or common name. */
  readonly certificates?: 'any' | readonly CertificateCaller[]
  readonly issuers?: readonly IssuerOptions[]
}

/** What a sender has to show; empty: nothing. */
export type Asking = readonly ('certificate' | 'token')[]

/** Signatures with a public key, as jose names them: what a shared secret signed proves nobody. */
export const ALGORITHMS: readonly string[] = [
  ...['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
]

/** Roles that a key may have which a token enrolled. */
export const ENROLLING_ROLES: readonly string[] = ['client', 'resource_server']

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/
const leewayMaxS = 300

export function askingOf({ certificates, issuers = [] }: CallersOptions): Asking {
  const token = issuers.length > 0 ? (['token'] as const) : []
  return certificates === undefined ? token : ['certificate', ...token]
}

/** Errors: RECEIVER_CALLERS_INVALID, with the first thing that is wrong. */
export function checkCallers({ certificates, issuers = [] }: CallersOptions): void {
  if (issuers.length > MAX_ISSUERS) throw invalid(`more than ${MAX_ISSUERS} issuers`)
  for (const { issuer, tenant } of issuers) checkTenant(issuer, tenant)
  const urls = issuers.map(({ issuer }) => issuer)
  if (new Set(urls).size < urls.length) throw invalid('an issuer stands there twice')
  for (const issuer of issuers) checkIssuer(issuer)
  if (!Array.isArray(certificates)) return
  if (certificates.length > MAX_CERTIFICATE_CALLERS) {
    throw invalid(`more than ${MAX_CERTIFICATE_CALLERS} certificates`)
  }
  const all = certificates as readonly CertificateCaller[]
  for (const certificate of all) checkMarks(certificate)
  // Of two, one would say whose it is, and the other would not.
  if (new Set(all.map(markOf)).size < all.length) throw invalid('a mark stands there twice')
}

function markOf({ commonName, san, sha256 }: CertificateCaller): string {
  return JSON.stringify([commonName, san, sha256 && hexOf(sha256)])
}

function checkIssuer(options: IssuerOptions): void {
  const { algorithms = [], audience, clients, issuer, jwksUri, leewayS = 0, scope } = options
  for (const url of [issuer, ...(jwksUri === undefined ? [] : [jwksUri])]) {
    if (!isSafeUrl(url)) throw invalid(`${url} is not an https URL (http on loopback only)`)
  }
  if (audience === '') throw invalid(`${issuer} has no audience`)
  if (scope === null && clients === undefined) throw invalid(`${issuer}: neither scope nor clients`)
  if (typeof scope === 'string' && !scopeToken.test(scope))
    throw invalid(`${issuer}: no such scope`)
  const unknown = algorithms.find((each) => !ALGORITHMS.includes(each))
  if (unknown !== undefined) throw invalid(`${issuer}: ${unknown} is none of ${ALGORITHMS.join()}`)
  if (!(leewayS >= 0 && leewayS <= leewayMaxS)) {
    throw invalid(`${issuer}: leewayS is not 0 to ${leewayMaxS}`)
  }
  checkEnrolling(options)
}

function checkEnrolling({ enrol = [], enrolScope, issuer, tenant: home }: IssuerOptions): void {
  if (enrol.length > MAX_ENROLLING_CLIENTS) {
    throw invalid(`${issuer}: more than ${MAX_ENROLLING_CLIENTS} clients that enrol`)
  }
  if (typeof enrolScope === 'string' && !scopeToken.test(enrolScope)) {
    throw invalid(`${issuer}: no such enrolScope`)
  }
  const clients = enrol.map(({ client }) => client)
  if (new Set(clients).size < clients.length) throw invalid(`${issuer}: a client enrols twice`)
  for (const { client, issuers = [], roles, service, tenant } of enrol) {
    checkTenant(`${issuer}: ${client}`, tenant)
    if (tenant !== undefined && home !== undefined && tenant !== home) {
      throw invalid(`${issuer} is of the tenant ${home}, its client ${client} of ${tenant}`)
    }
    if (!isCallerName(client)) throw invalid(`${issuer}: a client without a printable name`)
    if (!isCallerName(service)) throw invalid(`${issuer}: ${client} has no service`)
    if (roles.length === 0) throw invalid(`${issuer}: ${client} has no roles`)
    const other = roles.find((role) => !ENROLLING_ROLES.includes(role))
    if (other !== undefined) {
      throw invalid(`${issuer}: ${client} may not enrol for ${other}; see grantlog keys new`)
    }
    if (issuers.includes('')) throw invalid(`${issuer}: ${client} names an empty issuer`)
  }
}

/** Whether it is served is asked at each request: tenants come later, and may be away. */
function checkTenant(who: string, tenant: string | undefined): void {
  if (tenant === undefined || isTenantName(tenant)) return
  throw invalid(`${who}: its tenant is not a name of [a-z0-9-], at most 63 characters`)
}

function checkMarks({ commonName, name, san, sha256, tenant }: CertificateCaller): void {
  if (!isCallerName(name)) throw invalid('a certificate without a printable name')
  checkTenant(name, tenant)
  const marks = [commonName, san, sha256].filter((mark) => mark !== undefined && mark !== '')
  if (marks.length !== 1) throw invalid(`${name} needs one of sha256, san, commonName`)
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/.test(hexOf(sha256))) {
    throw invalid(`${name}: sha256 is not 64 hexadecimal digits`)
  }
}

/** Keys and metadata come from here: over TLS, or from this machine. No credentials in it. */
export function isSafeUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  return url.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
}

/** Goes into log lines: short, and nothing that a terminal acts on. */
export function isCallerName(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || name.length > MAX_CALLER_CHARACTERS) return false
  return /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(name)
}

/** A fingerprint in the one form that is compared. */
export function hexOf(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase()
}

function invalid(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_CALLERS_INVALID', detail)
}
