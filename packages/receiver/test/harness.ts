// A receiver on free ports over a real ledger in a temporary folder, and a sink that can fail.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'
import { createLedger, type Folders, foldersUnder, type Ledger, openLedger } from '@grantlog/ledger'
import { WireWriter, wireFields } from '@grantlog/record/otlp'
import {
  type LogEvent,
  type Receiver,
  type ReceiverOptions,
  type ServedTenant,
  startReceiver,
} from '../src/index.ts'
import type { Producer } from './producer.ts'

export interface Harness extends AsyncDisposable {
  readonly folders: Folders
  readonly ledger: Ledger
  readonly receiver: Receiver
  readonly events: LogEvent[]
  /** POSTs a body to /v1/traces. */
  send(body: Uint8Array, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Notes of Grantlog-Receipt. */
  readonly receipts: string[]
  readonly rejected: number
  readonly message: string
}

export type HarnessOptions = Partial<ReceiverOptions> & {
  readonly producers?: readonly Producer[]
  /** A data folder of an earlier harness, to go on with. */
  readonly data?: string
  /** Methods in place of the ledger's own, to make it slow or fail. */
  readonly override?: (ledger: Ledger) => Partial<Ledger>
}

const made: string[] = []

afterAll(async () => {
  for (const data of made) await rm(data, { recursive: true, force: true })
})

/** Another tenant of a receiver, in a folder of its own under `data`. */
export interface TenantHarness extends AsyncDisposable {
  readonly served: ServedTenant
  readonly ledger: Ledger
  readonly folders: Folders
}

export async function newTenant(
  name: string,
  options: Pick<HarnessOptions, 'producers' | 'override'> & Pick<ServedTenant, 'limits'> = {},
): Promise<TenantHarness> {
  const data = await mkdtemp(join(tmpdir(), `grantlog-tenant-${name}-`))
  made.push(data)
  const folders = foldersUnder(data)
  await createLedger(folders, `example.com/${name}`)
  const { override, producers = [], ...limits } = options
  await enrol(folders, producers)
  const ledger = await openLedger(folders)
  const own = override === undefined ? ledger : overriding(ledger, override(ledger))
  const served = { name, folders, ledger: own, ...limits }
  return { served, ledger, folders, [Symbol.asyncDispose]: () => ledger.close() }
}

/** A data folder with a new ledger, removed after the tests of the file. */
export async function newData(): Promise<string> {
  const data = await newFolder()
  made.push(data)
  return data
}

async function newFolder(): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'grantlog-receiver-'))
  await createLedger(foldersUnder(data), 'example.com/log')
  return data
}

export async function enrol(folders: Folders, producers: readonly Producer[]): Promise<void> {
  const list = producers.map(({ enrolment }) => enrolment)
  await writeFile(join(folders.keys, 'enrolled.json'), JSON.stringify(list))
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { producers, data = await newFolder(), override, ...rest } = options
  const folders = foldersUnder(data)
  if (producers !== undefined) await enrol(folders, producers)
  const ledger = await openLedger(folders)
  const events: LogEvent[] = []
  const starting = startReceiver({
    ledger: override === undefined ? ledger : overriding(ledger, override(ledger)),
    folders,
    otlp: { port: 0 },
    grpc: null,
    admin: { port: 0 },
    log: (event) => events.push(event),
    ...rest,
  })
  const receiver = await starting.catch(async (error: unknown) => {
    await ledger.close()
    if (options.data === undefined) await rm(data, { recursive: true })
    throw error
  })
  async function close(): Promise<void> {
    await receiver.close()
    await ledger.close()
    if (options.data === undefined) await rm(data, { recursive: true })
  }
  return {
    folders,
    ledger,
    receiver,
    events,
    send: (body, headers) => send(receiver.otlpPort, body, headers),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function overriding(ledger: Ledger, methods: Partial<Ledger>): Ledger {
  return new Proxy(ledger, {
    get(target, name) {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function send(
  port: number,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf', ...headers },
    body: body as Uint8Array<ArrayBuffer>,
  })
  const answer = new Uint8Array(await response.arrayBuffer())
  const header = response.headers.get('grantlog-receipt')
  const receipts = header?.split(', ').map((note) => Buffer.from(note, 'base64').toString()) ?? []
  return { status: response.status, headers: response.headers, receipts, ...read(response, answer) }
}

/** partial_success of a 200, the message of a google.rpc.Status otherwise. */
function read(response: Response, answer: Uint8Array): { rejected: number; message: string } {
  const fields = [...wireFields(answer)]
  const partial = response.ok ? fields.flatMap(({ bytes }) => [...wireFields(bytes)]) : fields
  const message = Buffer.from(partial.find(({ number }) => number === 2)?.bytes ?? []).toString()
  const first = Number(partial.find(({ number }) => number === 1)?.integer ?? 0n)
  return { rejected: response.ok ? first : 0, message }
}

/** A request with any headers, which fetch would not send. */
export function rawRequest(
  port: number,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: Uint8Array },
): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    headers: IncomingMessage['headers']
    body: Buffer
  }>()
  const { method = 'GET', path = '/', headers = {}, body } = options
  const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => {
      const { statusCode: status = 0, headers } = response
      resolve({ status, headers, body: Buffer.concat(chunks) })
    })
  })
  request.on('error', reject)
  request.end(body)
  return promise
}

export interface SinkAnswer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array
}

export interface Sink {
  readonly url: string
  /** Bodies that were answered 2xx, in order. */
  readonly taken: Uint8Array[]
  /** Where each of them went. */
  readonly paths: string[]
  /** Every request, with the status it got. */
  readonly statuses: number[]
  /** Decides the status of the next request, or the whole answer. */
  answer: (body: Uint8Array, path: string) => number | SinkAnswer
  /** Resolves when `ready()` holds, asked after each request. */
  until(ready: () => boolean): Promise<void>
  close(): Promise<void>
}

export async function startSink(): Promise<Sink> {
  const checks = new Set<() => void>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const path = request.url ?? ''
      const answer = sink.answer(body, path)
      const status = typeof answer === 'number' ? answer : answer.status
      sink.statuses.push(status)
      if (status === 200) sink.taken.push(body)
      if (status === 200) sink.paths.push(path)
      if (typeof answer === 'number') response.writeHead(status).end()
      else response.writeHead(status, { 'content-type': answer.type }).end(answer.body)
      for (const check of checks) check()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const sink: Sink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    taken: [],
    paths: [],
    statuses: [],
    answer: () => 200,
    until(ready) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const check = (): void => {
        if (ready()) resolve()
      }
      checks.add(check)
      check()
      return promise
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return sink
}

/** Waits for something that has no event to wait for. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** The bytes of every span message in a request. */
export function spanMessages(body: Uint8Array): Uint8Array[] {
  const of = (message: Uint8Array, number: number): Uint8Array[] =>
    [...wireFields(message)].filter((field) => field.number === number).map(({ bytes }) => bytes)
  return of(body, 1).flatMap((resource) => of(resource, 2).flatMap((scope) => of(scope, 2)))
}

/** A length-delimited field. */
export function wireField(number: number, bytes: Uint8Array): Uint8Array {
  const writer = new WireWriter()
  writer.bytes(number, bytes)
  return writer.finish()
}
