/**
 * Real peers as child processes: an OpenTelemetry Collector, a Jaeger, an OpenSearch, an
 * Elasticsearch, Tessera's fsck, Prometheus's promtool; stock SDKs are in senders.ts. `npm run
 * peers` builds them; `peers.test.ts` proves that each starts here. Every peer gets free loopback
 * ports and a new temporary directory, is stopped by its own pid, and its log is kept.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inMemory, jaegerYaml } from '../../examples/demo/stage/jaeger.ts'

/** A program of test/peers/install.sh. */
export type PeerName =
  | 'otelcol-peer'
  | 'jaeger'
  | 'tessera-fsck'
  | 'tessera-posix-oneshot'
  | 'verify-python'
  | 'sigma-python'
  | 'promtool'
  | 'opensearch-node'
  | 'elasticsearch-node'
  | 'telemetrygen'
  | 'alertmanager'
  | 'rsyslogd'
  | 'hydra'
  | 'keycloak'
  | 'sender-js'
  | 'sender-python'
  | 'sender-go'
  | 'sender-java'

/** Programs that take a while: their tests run with `npm run test:peers -- --all`. */
export const HEAVY_PEERS: readonly PeerName[] = [
  ...(['opensearch-node', 'elasticsearch-node', 'telemetrygen'] as const),
  ...(['hydra', 'keycloak', 'alertmanager', 'rsyslogd'] as const),
]

/** Where a program is, or why it can't be used. */
export type FoundPeer = { path: string; reason: null } | { path: null; reason: string }

/** A running peer. */
export interface Peer {
  readonly pid: number
  /** Its working directory, removed by stop(). */
  readonly dir: string
  isRunning(): boolean
  /** What it has printed so far. */
  log(): string
  /** Ends this process and no other: SIGTERM, after 10 s SIGKILL. May be called twice. */
  stop(): Promise<void>
}

export interface Collector extends Peer {
  /** Base URL of OTLP over HTTP, without `/v1/traces`. */
  readonly httpUrl: string
  /** host:port of OTLP over gRPC, without TLS. */
  readonly grpcAddress: string
}

export interface Jaeger extends Collector {
  /** Base URL of the query API: `/api/services`, `/api/traces`, `/api/v3/traces`. */
  readonly queryUrl: string
}

/** A server that keeps documents, on one node. */
export interface SearchNode extends Peer {
  /** Base URL of its REST API. */
  readonly url: string
}

export interface SearchNodeOptions {
  /** Where it listens, `127.0.0.1:port`, to come back after a stop; default: a free port. */
  readonly address?: string
  /** Its data, kept at its stop; default: a folder that is removed then. */
  readonly data?: string
}

export interface FsckResult {
  /** True only when fsck said so: its exit code is 0 for a broken log too. */
  readonly ok: boolean
  readonly log: string
}

const POLL_MS = 50
const START_TIMEOUT_MS = 120_000
const STOP_TIMEOUT_MS = 10_000

/** The same place as install.sh: $GRANTLOG_PEERS, else grantlog/peers in the user's cache. */
export function findPeer(name: PeerName): FoundPeer {
  const { GRANTLOG_PEERS, XDG_CACHE_HOME } = process.env
  const cache = XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const path = join(GRANTLOG_PEERS ?? join(cache, 'grantlog', 'peers'), 'bin', name)
  try {
    accessSync(path, constants.X_OK)
    return { path, reason: null }
  } catch {
    const command = HEAVY_PEERS.includes(name) ? 'npm run peers -- --all' : 'npm run peers'
    return { path: null, reason: `${name} is not built (no ${path}): run \`${command}\`` }
  }
}

/**
 * Starts a Collector with this configuration. The text may use the Collector's own `${env:…}` for
 * OTLP_HTTP and OTLP_GRPC (host:port to listen on; it must listen on OTLP_HTTP) and WORK_DIR, and
 * for everything in `env`. Resolves when it runs; throws with its log when it ends before that.
 */
export async function startCollector(
  yaml: string,
  env: Record<string, string> = {},
): Promise<Collector> {
  const [http, grpc] = await freeAddresses(2)
  const variables = { OTLP_HTTP: http!, OTLP_GRPC: grpc!, ...env }
  const peer = await startCollectorLike('otelcol-peer', yaml, variables)
  return { ...peer, httpUrl: `http://${http}`, grpcAddress: grpc! }
}

/** Starts a Jaeger that keeps its traces in memory and makes none about itself. */
export async function startJaeger(): Promise<Jaeger> {
  return await startJaegerOn(inMemory)
}

/** The same on an OpenSearch: it keeps its traces in indices of today, prefixed `peer-`. */
export async function startJaegerOnOpenSearch(url: string): Promise<Jaeger> {
  const kinds = ['spans', 'services', 'dependencies', 'sampling']
  const layout = 'date_layout: "2006-01-02", rollover_frequency: day, shards: 1, replicas: 0'
  const indices = kinds.map((kind) => `${kind}: { ${layout} }`).join(', ')
  const options = `server_urls: ["${url}"], indices: { index_prefix: peer, ${indices} }`
  return await startJaegerOn(`{ opensearch: { ${options} } }`)
}

async function startJaegerOn(storage: string): Promise<Jaeger> {
  return await startJaegerWith(jaegerYaml(storage))
}

/**
 * Starts a Jaeger with this configuration, which gets its addresses as OTLP_HTTP, OTLP_GRPC,
 * QUERY_HTTP and QUERY_GRPC, and everything in `env`.
 */
export async function startJaegerWith(
  yaml: string,
  env: Record<string, string> = {},
): Promise<Jaeger> {
  const [http, grpc, queryHttp, queryGrpc] = await freeAddresses(4)
  const peer = await startCollectorLike('jaeger', yaml, {
    ...env,
    OTLP_HTTP: http!,
    OTLP_GRPC: grpc!,
    QUERY_HTTP: queryHttp!,
    QUERY_GRPC: queryGrpc!,
    OTEL_TRACES_SAMPLER: 'always_off',
  })
  const queryUrl = `http://${queryHttp}`
  await poll(peer, async () => (await fetch(`${queryUrl}/api/services`)).ok)
  return { ...peer, httpUrl: `http://${http}`, grpcAddress: grpc!, queryUrl }
}

/** Starts an OpenSearch 2.19 without its security plugin. */
export async function startOpenSearch(options: SearchNodeOptions = {}): Promise<SearchNode> {
  return await startSearchNode('opensearch-node', options, {})
}

/**
 * Starts an Elasticsearch 7.10. It is what Maven has of it, so without Elastic's own additions
 * (data streams among them), and calls itself `unknown`, which Elastic's client refuses as it does
 * `oss`. With `flavor: 'default'` it calls itself what the packages of Elastic do.
 */
export async function startElasticsearch(
  options: SearchNodeOptions & { readonly flavor?: 'default' | 'oss' } = {},
): Promise<SearchNode> {
  const { flavor = 'default', ...rest } = options
  const JAVA_TOOL_OPTIONS = `-Des.distribution.flavor=${flavor}`
  return await startSearchNode('elasticsearch-node', rest, { JAVA_TOOL_OPTIONS })
}

async function startSearchNode(
  name: 'opensearch-node' | 'elasticsearch-node',
  options: SearchNodeOptions,
  env: Record<string, string>,
): Promise<SearchNode> {
  const [free, transport] = await freeAddresses(2)
  const address = options.address ?? free!
  const ports = [address, transport!].map((at) => at.split(':')[1]!)
  const peer = spawnPeer(name, (dir) => [options.data ?? join(dir, 'data'), ...ports], env)
  const url = `http://${address}`
  await poll(peer, async () => (await fetch(`${url}/_cluster/health?wait_for_status=yellow`)).ok)
  return { ...peer, url }
}

/**
 * Rebuilds the whole tree of a log from its tiles and entries and compares it with the checkpoint.
 * `url` is the log's prefix (http:, https: or file:); `vkeyFile` holds its verifier key.
 */
export async function runTesseraFsck(url: string, vkeyFile: string): Promise<FsckResult> {
  const flags = ['--ui=false', `--storage_url=${url}`, `--public_key=${vkeyFile}`]
  const log = await runPeer('tessera-fsck', flags)
  return { ok: log.includes("Successfully fsck'd"), log }
}

/** Runs a program to its end and returns what it printed, whatever its exit code. */
export async function runPeer(
  name: PeerName,
  flags: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<string> {
  const child = spawn(requirePath(name), flags, { env: { ...process.env, ...env } })
  // One that ends before it has read all of it says why.
  child.stdin.on('error', () => undefined).end(input)
  const log = collect(child)
  await ended(child)
  return log()
}

/** Both programs are Collectors, and wait for the Collector's own sentence. */
async function startCollectorLike(
  name: 'otelcol-peer' | 'jaeger',
  yaml: string,
  env: Record<string, string>,
): Promise<Peer> {
  const flags = (dir: string): string[] => {
    const config = join(dir, 'config.yaml')
    writeFileSync(config, yaml)
    return ['--config', config]
  }
  const peer = spawnPeer(name, flags, env)
  await poll(peer, () => peer.log().includes('Everything is ready. Begin running'))
  return peer
}

/** `flagsIn` gets the peer's directory, and may write into it. */
export function spawnPeer(
  name: PeerName,
  flagsIn: (dir: string) => string[],
  env: Record<string, string>,
): Peer {
  const path = requirePath(name)
  const dir = mkdtempSync(join(tmpdir(), `grantlog-${name}-`))
  const child = spawn(path, flagsIn(dir), {
    cwd: dir,
    env: { ...process.env, WORK_DIR: dir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = collect(child)
  const exit = ended(child)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exit
    clearTimeout(timer)
    rmSync(dir, { recursive: true, force: true })
  }
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  return { pid: child.pid ?? -1, dir, isRunning, log, stop }
}

/** Asks until the answer is yes. A peer that ends or is too slow is stopped, its log thrown. */
export async function poll(
  peer: Peer,
  isReady: () => boolean | Promise<boolean>,
  timeoutMs: number = START_TIMEOUT_MS,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (peer.isRunning() && Date.now() < deadline) {
    // A refused connection is an answer too: not yet.
    if (await Promise.resolve(isReady()).catch(() => false)) return
    await delay(POLL_MS)
  }
  const problem = peer.isRunning() ? 'is not ready in time' : 'ended'
  await peer.stop()
  throw new Error(`The peer ${problem}. Its log:\n${peer.log()}`)
}

/**
 * Distinct `127.0.0.1:port`, free a moment ago. They are below the ports that systems give to
 * outgoing connections (from 32768 on): a peer may take half a minute until it listens.
 */
export async function freeAddresses(count: number): Promise<string[]> {
  const addresses = new Set<string>()
  while (addresses.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (await isFree(port)) addresses.add(`127.0.0.1:${port}`)
  }
  return [...addresses]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  await new Promise((resolve) => server.close(resolve))
  return listens
}

function requirePath(name: PeerName): string {
  const found = findPeer(name)
  if (found.path === null) throw new Error(found.reason)
  return found.path
}

function collect(child: ChildProcess): () => string {
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

/** Resolves when the process is gone and its output is read, also when it never started. */
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => resolve())
    child.once('close', () => resolve())
  })
}
