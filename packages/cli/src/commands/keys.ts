// `grantlog keys new` and `grantlog keys list`: who may sign records. See test/keys.test.ts.
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Enrolment } from '@grantlog/ledger'
import { credentialsFile, installProducer, newProducer, readEnrolled } from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolder, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { announceLedger, ensureLedger, publishFirst, readSharedKeys } from '../first-start.ts'
import { minuteText, stateOf } from '../key-state.ts'
import { lastRecords } from '../last-records.ts'
import { collectRole, collectUrl, nameOf, portOf, roleNames, urlOf } from '../options.ts'
import { formatTable, type Terminal } from '../terminal.ts'

export interface KeysNewFlags extends DataFlags {
  readonly service: string
  readonly role: readonly string[]
  readonly issuer: readonly string[]
  readonly audience: string
  readonly endpoint: string
  readonly out?: string
  readonly environment?: string
}

export function describeKeysNew(command: Command): Command {
  return addDataOption(command)
    .summary("make a service's key, enrol it, write its credentials file")
    .requiredOption('--service <name>', 'the service the key may speak for', nameOf)
    .requiredOption(
      '--role <role>',
      'authorization_server, client or resource_server, may be repeated; or observer alone',
      collectRole,
      [],
    )
    .option('--issuer <url>', 'only for this issuer; may be repeated', collectUrl, [])
    .option('--out <file>', 'the credentials file (default: in the data folder)')
    .option('--endpoint <url>', 'where the service sends to', urlOf, 'http://127.0.0.1:4318')
    .option('--environment <name>', 'written into each record', nameOf)
    .option('--audience <name>', 'the log group', nameOf, 'default')
}

export async function keysNew(flags: KeysNewFlags, terminal: Terminal): Promise<ExitCode> {
  const { audience, endpoint, environment, issuer, role, service } = flags
  // An empty list is a value to commander, and a key without a role could sign nothing.
  if (role.length === 0) {
    throw new CliError('USAGE', `--role is missing: give one or more of ${roleNames.join(', ')}`)
  }
  // What it says is either its own or somebody else's.
  if (role.includes('observer') && role.some((each) => each !== 'observer')) {
    throw new CliError('USAGE', '--role observer stands alone: such a key says nothing of itself')
  }
  const folders = dataFolders(flags)
  const { created, ...keys } = await ensureLedger(folders, undefined)
  if (created && !terminal.json) announceLedger(keys, folders, terminal)
  if (created) await publishFirst(folders)
  const shared = await readSharedKeys(folders)
  const producer = newProducer(
    { service, roles: role, issuers: issuer, audience, endpoint, environment },
    { ...keys, ...shared },
  )
  const { kid } = producer.enrolment
  const file = resolve(flags.out ?? credentialsFile(dataFolder(flags), service, kid))
  await installProducer(producer, folders, file)

  if (terminal.json) {
    const { roles, issuers } = producer.enrolment
    const env = { GRANTLOG_CREDENTIALS: file }
    terminal.out(JSON.stringify({ kid, service, roles, issuers, credentials: file, env }))
    return EXIT.ok
  }
  const { err, out, paint } = terminal
  err(`${paint.bold(service)} may sign as ${role.join(', ')} (key ${kid})`)
  err(`The file (0600) holds its private key: never commit it. In that service alone, set`)
  // Alone on stdout, so that it can be appended to a file.
  out(`GRANTLOG_CREDENTIALS=${file}`)
  return EXIT.ok
}

export interface KeysListFlags extends DataFlags {
  readonly adminPort: number
}

export function describeKeysList(command: Command): Command {
  return addDataOption(command)
    .summary('list the enrolled keys, and which are in force')
    .option('--admin-port <port>', 'of the receiver that knows the last records', portOf, 4319)
}

export async function keysList(flags: KeysListFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const enrolled = await readEnrolled(folders)
  const nowS = Date.now() / 1000
  const { adminPort } = flags
  const last = await lastRecords({ adminPort, data: dataFolder(flags), folders })
  if (terminal.json) {
    const keys = enrolled.map((each) => {
      const lastRecordAt = last?.get(each.kid) ?? null
      return { ...each, state: stateOf(each, nowS), lastRecordAt }
    })
    terminal.out(JSON.stringify({ keys }))
    return EXIT.ok
  }
  const columns = ['key', 'services', 'roles', 'issuers', 'state', 'from', 'until', 'assurance']
  // Without a receiver nobody knows: then there is no such column.
  const head = last === null ? columns : [...columns, 'last record']
  const rows = enrolled.map((each) => {
    const at = last?.get(each.kid)
    const lastRecord = at === undefined ? 'none' : minuteText(at / 1000)
    return last === null ? rowOf(each, nowS) : [...rowOf(each, nowS), lastRecord]
  })
  if (enrolled.length === 0) terminal.err('No key is enrolled; make one with `grantlog keys new`.')
  else terminal.out(formatTable(head, rows, { ...terminal, hashes: ['key'] }))
  return EXIT.ok
}

function rowOf(enrolment: Enrolment, nowS: number): string[] {
  const { assurance, issuers, kid, revoked, roles, services, validFrom, validUntil } = enrolment
  const state = stateOf(enrolment, nowS)
  const why = revoked === undefined ? '' : ` (${revoked})`
  return [
    kid,
    services.join(' '),
    roles.join(' '),
    issuers.join(' ') || 'any',
    `${state.replace('_', ' ')}${why}`,
    minuteText(validFrom),
    validUntil === 0 ? 'no end' : minuteText(validUntil),
    assurance,
  ]
}
