// `grantlog observe`: what a server outside Node says that it did, as records marked so.
// See test/crash/observe.test.ts; with real servers test/peers/observed*.test.ts.
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import {
  hydra,
  keycloak,
  type KeycloakAccess,
  OBSERVE_CODES,
  observe,
  type ObserveCode,
  type Tell,
} from '@grantlog/observe'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { durationOf, nameOf, portOf, urlOf } from '../options.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'

export interface ObserveKeycloakFlags {
  readonly url: string
  readonly realm: string
  readonly clientId?: string
  readonly clientSecretFile?: string
  readonly clientRealm?: string
  readonly tokenFile?: string
  readonly credentials?: string
  readonly state?: string
  readonly service?: string
  readonly issuer?: string
  /** Milliseconds. */
  readonly interval: number
  readonly once?: boolean
}

export function describeObserveKeycloak(command: Command): Command {
  return command
    .summary('record what Keycloak keeps of its users, clients and administrators')
    .requiredOption('--url <url>', 'of Keycloak', urlOf)
    .requiredOption('--realm <name>', 'the realm to observe', nameOf)
    .option(
      '--client-id <id>',
      'a client with a service account that may view events and the realm',
    )
    .option('--client-secret-file <file>', 'its secret')
    .option('--client-realm <name>', 'the realm of that client (default: the same)', nameOf)
    .option('--token-file <file>', 'instead: a token that somebody renews')
    .option('--credentials <file>', "the adapter's, of the role observer (GRANTLOG_CREDENTIALS)")
    .option('--state <folder>', 'where it keeps how far it is')
    .option('--service <name>', 'name of what is observed (default: keycloak/REALM)', nameOf)
    .option('--issuer <url>', 'as tokens say it (default: URL/realms/REALM)', urlOf)
    .option('--interval <time>', 'between two looks', durationOf, 2_000)
    .option('--once', 'end when there is nothing new')
}

/** Runs until SIGINT or SIGTERM. */
export async function observeKeycloak(
  flags: ObserveKeycloakFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { interval: intervalMs, once = false, realm } = flags
  const url = flags.url.replace(/\/+$/, '')
  const service = flags.service ?? `keycloak/${realm}`
  const access = accessOf(flags, url)
  const credentials = credentialsOf(flags)
  const issuer = flags.issuer ?? `${url}/realms/${encodeURIComponent(realm)}`
  await observe({
    source: (describing) => keycloak({ url, realm, service, issuer, access, ...describing }),
    credentials,
    stateFolder: flags.state ?? stateFolder(service),
    tell: tellOn(terminal),
    signal: endSignal(),
    ...{ once, intervalMs },
  })
  return EXIT.ok
}

export interface ObserveHydraFlags {
  readonly issuer: string
  readonly host: string
  readonly port: number
  readonly tokenFile: string
  readonly credentials?: string
  readonly state?: string
  readonly service: string
}

export function describeObserveHydra(command: Command): Command {
  return command
    .summary('record the events in the traces that Ory Hydra sends here')
    .requiredOption('--issuer <url>', 'of Hydra, as its tokens say it', urlOf)
    .requiredOption('--token-file <file>', 'the token that Hydra shows (authorization_header)')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <port>', 'for OTLP/HTTP', portOf, 4328)
    .option('--credentials <file>', "the adapter's, of the role observer (GRANTLOG_CREDENTIALS)")
    .option('--state <folder>', 'where events wait, and how far it is')
    .option('--service <name>', 'name of what is observed', nameOf, 'hydra')
}

/** Runs until SIGINT or SIGTERM. */
export async function observeHydra(
  flags: ObserveHydraFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { host, issuer, port, service, tokenFile } = flags
  const credentials = credentialsOf(flags)
  const state = flags.state ?? stateFolder(service)
  const tell = tellOn(terminal)
  const own = { host, port, tokenFile, service, issuer, stateFolder: state, tell }
  await observe({
    source: (describing) => hydra({ ...own, ...describing }),
    ...{ credentials, stateFolder: state, tell, signal: endSignal() },
  })
  return EXIT.ok
}

function credentialsOf({ credentials }: { readonly credentials?: string }): string {
  const path = credentials ?? process.env.GRANTLOG_CREDENTIALS
  if (path) return path
  throw new CliError('USAGE', '--credentials is missing: use `grantlog keys new --role observer`')
}

function accessOf(flags: ObserveKeycloakFlags, url: string): KeycloakAccess {
  const { clientId, clientRealm = flags.realm, clientSecretFile: secretFile, tokenFile } = flags
  if (new URL(url).username !== '' || new URL(url).password !== '') {
    throw new CliError('USAGE', '--url has a password in it: use --client-secret-file')
  }
  const isOne = (tokenFile === undefined) !== (clientId === undefined)
  if (!isOne || (clientId === undefined) !== (secretFile === undefined)) {
    throw new CliError('USAGE', 'give --client-id and --client-secret-file, or --token-file')
  }
  if (tokenFile !== undefined) return { tokenFile }
  const tokenUrl = `${url}/realms/${encodeURIComponent(clientRealm)}/protocol/openid-connect/token`
  return { clientId: clientId!, secretFile: secretFile!, tokenUrl }
}

function stateFolder(service: string): string {
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state')
  // A service's name must not lead out of the folder.
  const name = encodeURIComponent(service).replaceAll('.', '%2E')
  return join(state, 'grantlog', 'observer', name)
}

/** A line for each thing, the same one only when something else was told since. */
function tellOn(terminal: Terminal): Tell {
  let last = ''
  return (code, detail) => {
    const line = lineOf(code, printable(detail), terminal.json)
    if (line === last) return
    last = line
    if (code !== 'OBSERVE_SENT' || terminal.json) terminal.err(line)
  }
}

function lineOf(code: ObserveCode, detail: string, json: boolean): string {
  const { fix, title } = OBSERVE_CODES[code]
  if (json) return JSON.stringify({ code, title, detail, fix })
  return `${code}: ${title} [${detail}]${fix === 'nothing' ? '' : `. Fix: ${fix}`}`
}

function endSignal(): AbortSignal {
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
  return ending.signal
}
