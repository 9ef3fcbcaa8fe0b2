// What a record costs stage by stage: the SDK's own functions in a loop, in this process.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { builtInPolicy, writeSpan } from '@grantlog/record'
import { readAuditSpan } from '@grantlog/record/otlp'
import { readConfig } from '../../packages/sdk/src/config.ts'
import { createDescribe } from '../../packages/sdk/src/describe/describe.ts'
import type { SealedRecord } from '../../packages/sdk/src/event.ts'
import { judge } from '../../packages/sdk/src/export/answer.ts'
import { noteVerifier } from '../../packages/sdk/src/export/ed25519.ts'
import { encodeBatch } from '../../packages/sdk/src/export/encode.ts'
import { nodeDisk } from '../../packages/sdk/src/export/io/disk.ts'
import { createHttpClient } from '../../packages/sdk/src/export/io/http.ts'
import { ownIdentity } from '../../packages/sdk/src/export/io/identity.ts'
import { createSpoolCipher } from '../../packages/sdk/src/export/spool/cipher.ts'
import { makeFolder } from '../../packages/sdk/src/export/spool/folder.ts'
import { createPolicyInForce } from '../../packages/sdk/src/policy-in-force.ts'
import { createHashes } from '../../packages/sdk/src/protect/hash.ts'
import { createProtector } from '../../packages/sdk/src/protect/protect.ts'
import { createRandom } from '../../packages/sdk/src/random.ts'
import { bytesHash, sha256 } from '../../packages/sdk/src/sha256.ts'
import { createBatchSigner } from '../../packages/sdk/src/sign/batch.ts'
import { sealRecord } from '../../packages/sdk/src/sign/record.ts'
import { createStamp } from '../../packages/sdk/src/sign/stamp.ts'
import { openStream } from '../../packages/sdk/src/sign/stream.ts'
import { openCollector } from './collect.ts'
import { rounded } from './figures.ts'
import { median } from './statistics.ts'

export interface StageOptions {
  /** Files go below it. */
  readonly folder: string
  /** Path of credentials; batches are sent to their endpoint. */
  readonly credentials: string
  /** A JWT that an API call presents. */
  readonly token: string
}

/** What a busy service has in a tick of 200 ms. */
const batchRecords = 128
const batches = 24
const warmUp = 8

export interface Stages {
  /** Microseconds of CPU of one record, by stage. */
  readonly costs: Readonly<Record<string, number>>
  /** See collect.ts. */
  readonly onPathP50Us: number
}

export async function stageCosts(options: StageOptions): Promise<Stages> {
  const made = await recordStages(options)
  const costs = { ...made.costs, ...(await batchStages(options, made)) }
  return { costs, onPathP50Us: made.onPathP50Us }
}

interface Made {
  readonly onPathP50Us: number
  readonly costs: Record<string, number>
  readonly instance: string
  readonly batches: readonly SealedRecord[][]
}

/** What is done for each record. */
async function recordStages({ credentials, token }: StageOptions): Promise<Made> {
  const config = {
    ...readConfig(readFileSync(credentials, 'utf8'), {}),
    policy: createPolicyInForce(builtInPolicy(sha256)),
  }
  const random = createRandom()
  const describe = createDescribe(createHashes(config))
  const [stamp, protect] = [createStamp(config, random), createProtector(random)]
  const collector = await openCollector(token)
  const clock = createClock()
  const made: SealedRecord[][] = []
  for (let batch = 0; batch < batches; batch++) {
    collector.prepare(batchRecords)
    clock.time('collect', () => collector.collect(batchRecords))
    const facts = collector.facts()
    const sequences = Array.from({ length: batchRecords }, (_, i) => batch * batchRecords + i)
    const { now } = config.policy
    const described = clock.time('describe', () => sequences.map(() => describe(facts, null, now)))
    const safe = clock.time('protect', () =>
      described.map(({ attributes, ...rest }, i) => {
        stamp(attributes, sequences[i]!)
        return { ...rest, attributes: protect(attributes) }
      }),
    )
    const startTimeUnixNano = BigInt(Date.now()) * 1_000_000n
    const occurrence = {
      ...{ startTimeUnixNano, endTimeUnixNano: startTimeUnixNano + 3_000_000n },
      parent: null,
    }
    const sealed = clock.time('seal', () =>
      safe.map((one, i) => sealRecord({ ...one, occurrence, sequence: sequences[i]! }, random)),
    )
    const hashed = sealed.map(hashedOf)
    clock.time('hashes', () => hashed.forEach((all) => all.map(bytesHash.base64url)))
    made.push(sealed)
  }
  const onPathP50Us = rounded(collector.p50Us())
  await collector.close()
  return { onPathP50Us, costs: clock.costs(), instance: openStream(random).instance, batches: made }
}

/** What is hashed in `seal`: the openings of slots, and the canonical form. */
function hashedOf({ span }: SealedRecord): Uint8Array[] {
  const hashed: Uint8Array[] = []
  const kept = (data: Uint8Array): Uint8Array => {
    hashed.push(data.slice())
    return data
  }
  const read = readAuditSpan(span)
  if ('error' in read) throw read.error
  writeSpan(read.span, { bytes: kept, base64url: (data) => (kept(data), '') })
  return hashed
}

/** What is done for a batch, by record. */
async function batchStages(
  { credentials, folder }: StageOptions,
  { batches: made, instance }: Made,
): Promise<Record<string, number>> {
  const config = readConfig(readFileSync(credentials, 'utf8'), {})
  const { endpoint, privateKey, kid, receiptKey } = config
  const sign = createBatchSigner({ ...config, instance, nowMs: Date.now })
  const client = createHttpClient({ endpoint })
  const verifier = noteVerifier(receiptKey)
  const by = {
    trust: { verifier, origin: verifier.name.replace(/\/receipt$/, '') },
    nowMs: Date.now,
  }
  const spool = await makeFolder({
    disk: nodeDisk(),
    path: folder,
    cipher: createSpoolCipher(privateKey, basename(folder)),
    self: ownIdentity(),
    key: kid,
    segmentBytesMax: 1024 * 1024,
  })
  const clock = createClock()
  for (const records of made) {
    const signed = clock.time('sign', () => sign(records))
    const body = clock.time('encode', () => encodeBatch(signed, [['service.name', 'bench']]))
    const { firstSequence, root } = signed
    const outgoing = { instance, firstSequence, count: records.length, root, body }
    await clock.timeAsync('spool', () => spool.append(outgoing, false))
    await clock.timeAsync('export', async () => {
      const answer = await client.post('/v1/traces', body, 'application/x-protobuf')
      const { kind } = judge(answer, outgoing, by)
      if (kind !== 'done') throw new Error(`the receiver's answer: ${kind} ${answer.status}`)
    })
  }
  client.close()
  await spool.release()
  return clock.costs()
}

interface Clock {
  readonly time: <T>(stage: string, work: () => T) => T
  readonly timeAsync: <T>(stage: string, work: () => Promise<T>) => Promise<T>
  /** Microseconds of a record, the median of the batches after the first ones. */
  readonly costs: () => Record<string, number>
}

function createClock(): Clock {
  const times = new Map<string, number[]>()
  const note = (stage: string, from: number): void => {
    const all = times.get(stage) ?? []
    times.set(stage, [...all, (cpuUs() - from) / batchRecords])
  }
  return {
    time: (stage, work) => {
      const from = cpuUs()
      const result = work()
      note(stage, from)
      return result
    },
    timeAsync: async (stage, work) => {
      const from = cpuUs()
      const result = await work()
      note(stage, from)
      return result
    },
    costs: () =>
      Object.fromEntries(
        [...times].map(([stage, all]) => [stage, rounded(median(all.slice(warmUp)))]),
      ),
  }
}

/** CPU of this process: what else runs on the machine does not count. */
function cpuUs(): number {
  const { system, user } = process.cpuUsage()
  return user + system
}
