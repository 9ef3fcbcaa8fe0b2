// A producer that has only what `grantlog keys new` gave it: signs records as FORMAT.md tells, and
// sends them to a receiver.
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Ed25519Jwk, ed25519Sign, importEd25519, sha256 } from '@grantlog/ledger'
import {
  ATTR,
  type AttributeValue,
  base64url,
  canonicalize,
  REGISTRY_VERSION,
  signBatch,
  type Span,
} from '@grantlog/record'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import { grantlog, start } from './command.ts'

export type Attributes = Iterable<readonly [string, AttributeValue]>

interface Credentials {
  readonly endpoint: string
  readonly service: string
  readonly kid: string
  readonly privateKey: Ed25519Jwk
}

/** A ledger with one closed stream: a success, a denial, and a record of another client. */
export interface Sample {
  readonly data: string
  readonly logKey: string
  readonly origin: string
  /** A folder with the checkpoint that the producer saw, as the SDK keeps it. */
  readonly seen: string
}

/** Starts a receiver, sends records after the start of their stream, and stops it again. */
export async function makeSample(
  folder: string,
  records: readonly Attributes[] = sampleRecords,
): Promise<Sample> {
  const data = join(folder, 'data')
  const args = ['receiver', '--data', data, '--port', '0', '--admin-port', '0', '--json']
  const receiver = start(args)
  const { adminPort, logKey, origin, otlpPort } = await receiver.event('READY')
  const file = join(folder, 'credentials.json')
  const endpoint = `http://127.0.0.1:${String(otlpPort)}`
  const place = ['--data', data, '--out', file, '--endpoint', endpoint]
  const roles = ['--role', 'authorization_server', '--role', 'resource_server']
  await grantlog(['keys', 'new', '--service', 'login', ...roles, ...place])
  const stream = openStream(file)
  await stream.send([[[ATTR.AUDIT_ACTION, 'audit.stream.start']], ...records])
  const checkpoint = await publishedAt(`http://127.0.0.1:${String(adminPort)}`)
  const seen = join(folder, 'seen')
  mkdirSync(seen)
  writeFileSync(join(seen, 'log'), checkpoint)
  writeFileSync(join(seen, 'other'), 'no checkpoint')
  await stream.send([[[ATTR.AUDIT_ACTION, 'audit.stream.stop']]])
  receiver.kill('SIGTERM')
  await receiver.ended
  return { data, logKey: String(logKey), origin: String(origin), seen }
}

/** The first checkpoint that covers something: an answer may have the one before. */
async function publishedAt(admin: string): Promise<string> {
  for (;;) {
    const note = await (await fetch(`${admin}/checkpoint`)).text()
    if (Number(note.split('\n')[1]) > 0) return note
    await setTimeout(20)
  }
}

const salt = base64url(new Uint8Array(16))
const sampleRecords: readonly Attributes[] = [
  [
    [ATTR.OAUTH_CLIENT_ID, 'web'],
    [ATTR.USER_ID, 'alice'],
    [ATTR.AUDIT_SLOT_USER_SALT, salt],
    [ATTR.USER_HASH, 'p1.AAAAAAAAAAAAAAAAAAAAAA'],
    [ATTR.AUDIT_SLOT_PSEUDONYM_SALT, salt],
  ],
  [
    [ATTR.OAUTH_CLIENT_ID, 'web'],
    [ATTR.AUDIT_OUTCOME, 'denied'],
  ],
  [[ATTR.OAUTH_CLIENT_ID, 'batch\u001b[31m']],
]

/** When the first record of a stream begins, unless a test says otherwise, Unix milliseconds. */
const usualSince = 1_795_467_000_000

/** A stream of one producer process. `send` gives the checkpoint note of the answer. */
export function openStream(
  credentialsFile: string,
  since = usualSince,
): {
  send: (records: readonly Attributes[]) => Promise<Uint8Array>
} {
  const credentials = JSON.parse(readFileSync(credentialsFile, 'utf8')) as Credentials
  const { privateKey } = importEd25519(credentials.privateKey)
  const instance = base64url(randomBytes(16))
  let [next, prevRoot] = [0, '']
  return {
    async send(records) {
      const firstSeq = next
      const { service } = credentials
      const spans = records.map((attributes) => {
        return spanOf(next++, { attributes, service, since })
      })
      const digests = spans.map(
        (span) => canonicalize(span, { registry: REGISTRY_VERSION, sha256 }).digest,
      )
      const batch = signBatch({
        digests,
        sha256,
        firstSeq,
        instance,
        prevRoot,
        kid: credentials.kid,
        sign: (data) => ed25519Sign(privateKey, data),
        aud: 'default',
        iat: Math.floor(Date.now() / 1000),
      })
      prevRoot = batch.root
      return post(credentials.endpoint, spans, batch)
    },
  }
}

interface Spoken {
  readonly attributes: Attributes
  readonly service: string
  readonly since: number
}

function spanOf(seq: number, { attributes, service, since }: Spoken): Span {
  const startTime = BigInt(since) * 1_000_000n + BigInt(seq) * 1_000_000n
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: '',
    name: 'oauth.token',
    kind: 2,
    startTimeUnixNano: startTime,
    endTimeUnixNano: startTime + 2_000_000n,
    status: { code: 1, message: '' },
    attributes: new Map<string, AttributeValue>([
      [ATTR.AUDIT_RECORD_ID, randomUUID().replace(/^(.{14})4/, '$17')],
      [ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(seq)],
      [ATTR.AUDIT_ACTION, 'oauth.token'],
      [ATTR.AUDIT_OUTCOME, 'success'],
      [ATTR.AUDIT_PRODUCER_SERVICE, service],
      [ATTR.OAUTH_ROLE, 'authorization_server'],
      ...attributes,
    ]),
  }
}

async function post(
  endpoint: string,
  spans: readonly Span[],
  { digests, jws }: { readonly digests: Uint8Array; readonly jws: string },
): Promise<Uint8Array> {
  const attributes: [string, AttributeValue | Uint8Array][] = [
    ['audit.integrity.value', jws],
    ['audit.integrity.algorithm', 'Ed25519'],
    ['audit.integrity.digests', digests],
  ]
  const scope = { name: '@grantlog/sdk', version: '0', attributes }
  const body = encodeTraceRequest([{ resource: [], scope, spans }])
  const response = await fetch(`${endpoint}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: body as Uint8Array<ArrayBuffer>,
  })
  const note = response.headers.get('grantlog-checkpoint')
  if (!response.ok || note === null) throw new Error(`refused: ${await response.text()}`)
  return Buffer.from(note, 'base64')
}
