// Certificates for tests, made when they are needed: an authority, and what it issues.
import 'reflect-metadata'
import { webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'

export interface Issued {
  /** PEM. */
  readonly cert: string
  readonly key: string
  readonly parsed: X509Certificate
}

export interface Authority {
  /** PEM of its own certificate. */
  readonly cert: string
  issue(options?: IssueOptions): Promise<Issued>
}

export interface IssueOptions {
  readonly commonName?: string
  readonly san?: readonly SubjectAltName[]
  /** Days from now; default: a year, since yesterday. */
  readonly fromDays?: number
  readonly untilDays?: number
}

interface SubjectAltName {
  readonly type: 'dns' | 'ip' | 'url'
  readonly value: string
}

/** What a receiver on this machine is called. */
export const HERE: readonly SubjectAltName[] = [
  { type: 'dns', value: 'localhost' },
  { type: 'dns', value: 'receiver.example' },
  { type: 'ip', value: '127.0.0.1' },
]

const DAY_MS = 86_400_000
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
x509.cryptoProvider.set(webcrypto as never)

export async function createAuthority(commonName = 'Test Authority'): Promise<Authority> {
  const keys = await newKeys()
  const name = nameOf(commonName)
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    notBefore: daysFromNow(-1),
    notAfter: daysFromNow(3650),
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  })
  return {
    cert: own.toString('pem'),
    issue: (options) => issue({ name, privateKey: keys.privateKey }, options),
  }
}

/** Of no authority: its own. */
export async function selfSigned(options: IssueOptions = {}): Promise<Issued> {
  const keys = await newKeys()
  return await issue(
    { name: nameOf(options.commonName), privateKey: keys.privateKey, keys },
    options,
  )
}

interface Issuer {
  readonly name: x509.JsonName
  readonly privateKey: webcrypto.CryptoKey
  /** Of the subject; new ones otherwise. */
  readonly keys?: webcrypto.CryptoKeyPair
}

async function issue(issuer: Issuer, options: IssueOptions = {}): Promise<Issued> {
  const { commonName, fromDays = -1, san = [], untilDays = 365 } = options
  const keys = issuer.keys ?? (await newKeys())
  const certificate = await x509.X509CertificateGenerator.create({
    subject: nameOf(commonName),
    issuer: issuer.name,
    publicKey: keys.publicKey,
    signingKey: issuer.privateKey,
    notBefore: daysFromNow(fromDays),
    notAfter: daysFromNow(untilDays),
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([...san])],
  })
  const cert = certificate.toString('pem')
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')
  return { cert, key, parsed: new X509Certificate(cert) }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function nameOf(commonName: string | undefined): x509.JsonName {
  return commonName === undefined ? [] : [{ CN: [commonName] }]
}

function daysFromNow(days: number): Date {
  return new Date(Date.now() + days * DAY_MS)
}
