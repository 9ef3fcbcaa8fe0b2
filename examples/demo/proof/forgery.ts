// A record that one service signs in another's name: its key is enrolled, but not for that.
import { createPrivateKey, type JsonWebKey, randomUUID, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { foldersUnder, openLedger, sha256 } from '@grantlog/ledger'
import {
  ATTR,
  type AttributeValue,
  base64url,
  canonicalize,
  REGISTRY_VERSION,
  signBatch,
  type Span,
} from '@grantlog/record'

/** Commits it to the ledger below `data`, past the receiver, which would have refused it. */
export async function commitForgery(data: string, credentials: string): Promise<void> {
  const { audience, kid, privateKey } = JSON.parse(await readFile(credentials, 'utf8')) as {
    audience: string
    kid: string
    privateKey: JsonWebKey
  }
  const key = createPrivateKey({ key: privateKey, format: 'jwk' })
  const id = randomUUID().replace(/^(.{14})4/, '$17')
  const { canonical, digest } = canonicalize(spanOf(id), { registry: REGISTRY_VERSION, sha256 })
  const instance = base64url(sha256(Buffer.from(id)).subarray(0, 16))
  const { digests, jws } = signBatch({
    ...{ aud: audience, kid, sha256, digests: [digest], instance, firstSeq: 0, prevRoot: '' },
    sign: (bytes) => sign(null, bytes, key),
    iat: Math.floor(Date.now() / 1000),
  })
  const ledger = await openLedger(foldersUnder(data))
  const unsigned = new Uint8Array()
  const record = { type: 'record', id, seq: 0, digest, canonical, unsigned, openings: [] } as const
  await ledger.commit({ kid, instance, evidence: { jws, digests }, records: [record] })
  await ledger.close()
}

function spanOf(id: string): Span {
  const start = BigInt(Date.now()) * 1_000_000n
  return {
    traceId: id.replaceAll('-', ''),
    spanId: id.slice(-16).replace('-', '0'),
    parentSpanId: '',
    name: 'oauth.token',
    kind: 2,
    startTimeUnixNano: start,
    endTimeUnixNano: start + 1_000_000n,
    status: { code: 1, message: '' },
    attributes: new Map<string, AttributeValue>([
      [ATTR.AUDIT_RECORD_ID, id],
      [ATTR.AUDIT_SEQUENCE_NUMBER, 0n],
      [ATTR.AUDIT_ACTION, 'oauth.token'],
      [ATTR.AUDIT_OUTCOME, 'success'],
      [ATTR.AUDIT_PRODUCER_SERVICE, 'login'],
      [ATTR.OAUTH_ROLE, 'authorization_server'],
    ]),
  }
}
