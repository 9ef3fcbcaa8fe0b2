/**
 * For adapters that tell what another service did: records of a stream that outlives its process,
 * signed a batch at a time. Whoever calls it keeps, before it sends a batch, the batch and where
 * its stream is then; what was sent and sent again is sealed once. See produce.test.ts.
 *
 * @module
 */
import { type AttributeValue, builtInPolicy } from '@grantlog/record'
import { readConfig, type Settings } from './config.ts'
import type { Environment } from './config.ts'
import type { Description, Occurrence } from './event.ts'
import { judge, type Verdict } from './export/answer.ts'
import { encodeBatch } from './export/encode.ts'
import { resourceOf, trustOf } from './export/exporter.ts'
import type { Outgoing } from './export/outgoing.ts'
import { receiverClient } from './export/receiver-client.ts'
import { createSpoolCipher, type SpoolCipher } from './export/spool/cipher.ts'
import { readCredentials } from './io/credentials.ts'
import { createPolicyInForce } from './policy-in-force.ts'
import { createHashes } from './protect/hash.ts'
import { createProtector } from './protect/protect.ts'
import { createRandom } from './random.ts'
import { sha256 } from './sha256.ts'
import { createBatchSigner } from './sign/batch.ts'
import { sealRecord } from './sign/record.ts'
import { createStamp } from './sign/stamp.ts'
import { openStream, type StreamAction, type StreamPlace } from './sign/stream.ts'

export { SdkError } from './codes.ts'
export type { Verdict } from './export/answer.ts'
export type { Outgoing } from './export/outgoing.ts'
export type { AttributeValue } from '@grantlog/record'

/** Where the stream goes on: the last batch's root, too. Plain JSON. */
export interface Place extends StreamPlace {
  readonly prevRoot: string
}

/** What a record says; `attributes` without who made it, its id and its number. */
export interface Told extends Description {
  readonly occurrence: Occurrence
}

export interface Producer {
  readonly service: string
  /** Thumbprint of the key in use: a stream is of one key. */
  readonly kid: string
  /** Roles of the key; null: the credentials do not say them. */
  readonly roles: readonly string[] | null
  /** Keyed hash of a person's or a session's identifier; null: there is no key for it. */
  readonly hashOf: (identifier: string) => string | null
  /** Makes a batch of at most 1,024; null: the stream begins. Throws RecordError. */
  readonly sign: (
    records: readonly (Told | Exclude<StreamAction, 'audit.ledger.fork'>)[],
    place: Place | null,
  ) => { readonly batch: Outgoing; readonly place: Place }
  /** Sends it once. Rejects on network errors. */
  readonly send: (batch: Outgoing) => Promise<Verdict>
  /** Encrypts a batch under the key of the credentials, to be kept on a disk. */
  readonly seal: (batch: Outgoing) => Uint8Array
  /** null: it was sealed under another key, or is damaged. */
  readonly open: (sealed: Uint8Array) => Outgoing | null
  /** The same of any bytes: encrypts, and opens what was encrypted under the same key. */
  readonly hide: (bytes: Uint8Array) => Uint8Array
  readonly show: (hidden: Uint8Array) => Uint8Array | null
  readonly close: () => void
}

/** Throws SdkError as `startGrantlog` does; of `env` the receiver and how to reach it are read. */
export function openProducer(path: string, env: Environment = process.env): Producer {
  const settings = readConfig(readCredentials(path), env)
  const policy = createPolicyInForce(builtInPolicy(sha256))
  const random = createRandom()
  const stamp = createStamp({ ...settings, policy }, random)
  const protect = createProtector(random)
  const [cipher, hidden] = [ciphersOf(settings, 'outbox'), ciphersOf(settings, 'hidden')]
  const client = receiverClient(settings)
  const { by } = trustOf(settings)
  const { audience, kid, privateKey, service } = settings
  const resource = resourceOf(settings)
  return {
    ...{ service, kid },
    roles: settings.roles,
    hashOf: createHashes(settings).person,
    sign: (records, before) => {
      const stream = openStream(random, before ?? undefined)
      const sealed = records.map((record) => {
        const told = typeof record === 'string' ? record : record.action
        const sequence = stream.number(told)
        const { attributes, ...rest } =
          typeof record === 'string' ? ofItself(record, stream.describe(record, facts)) : record
        const all = new Map(attributes)
        stamp(all, sequence)
        return sealRecord({ ...rest, sequence, attributes: protect(all) }, random)
      })
      const { instance } = stream
      const chain = { instance, prevRoot: before?.prevRoot ?? '', nowMs: Date.now }
      const signed = createBatchSigner({ audience, kid, privateKey, ...chain })(sealed)
      const { firstSequence, root } = signed
      const body = encodeBatch(signed, resource)
      return {
        batch: { instance, firstSequence, count: sealed.length, root, body },
        place: { ...stream.place(), prevRoot: root },
      }
    },
    send: async (batch) => {
      const answer = await client.post('/v1/traces', batch.body, 'application/x-protobuf')
      return judge(answer, batch, by)
    },
    seal: (batch) => cipher.seal(batch, 0),
    open: (sealed) => cipher.open(sealed, 0),
    hide: (body) => hidden.seal({ ...nothing, body }, 0),
    show: (sealed) => hidden.open(sealed, 0)?.body ?? null,
    close: () => client.close(),
  }
}

/** Seals with the key in use, and opens what was sealed with one that it took the place of. */
function ciphersOf({ previous, privateKey }: Settings, folder: string): SpoolCipher {
  const own = createSpoolCipher(privateKey, folder)
  const before = previous.map((one) => createSpoolCipher(one.privateKey, folder))
  return {
    seal: own.seal,
    open: (sealed, frame) => {
      for (const one of [own, ...before]) {
        const opened = one.open(sealed, frame)
        if (opened !== null) return opened
      }
      return null
    },
  }
}

const nothing = { instance: '', firstSequence: 0, count: 0, root: '' }
const facts = { dropped: 0, httpRequests: 0, checkpoint: null }

function ofItself(action: StreamAction, attributes: Map<string, AttributeValue>): Told {
  const startTimeUnixNano = BigInt(Date.now()) * 1_000_000n
  const endTimeUnixNano = startTimeUnixNano + 1_000n
  const occurrence = { startTimeUnixNano, endTimeUnixNano, parent: null }
  return { action, kind: 'internal', failed: false, message: '', attributes, occurrence }
}
