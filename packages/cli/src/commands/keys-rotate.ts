// `grantlog keys rotate`: a new key in the place of another, which ends a while later. See
// test/keys-lifecycle.test.ts.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Enrolment, readPublicKeys } from '@grantlog/ledger'
import {
  credentialsFile,
  installProducer,
  newProducer,
  type OwnKey,
  readEnrolled,
} from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolder, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { readSharedKeys } from '../first-start.ts'
import { keyInForce, minuteText } from '../key-state.ts'
import { durationOf, nameOf, urlOf } from '../options.ts'
import type { Terminal } from '../terminal.ts'

export interface KeysRotateFlags extends DataFlags {
  readonly overlap: number
  readonly from?: string
  readonly out?: string
  readonly endpoint?: string
  readonly environment?: string
}

/** Keys before the last one, whose spools may be there still: two rotations within a week. */
const previousMax = 2
const defaultEndpoint = 'http://127.0.0.1:4318'

export function describeKeysRotate(command: Command): Command {
  return addDataOption(command)
    .summary('make a key in the place of another, which ends a while later')
    .argument('<service-or-kid>', 'the service, or the beginning of its key')
    .option('--overlap <time>', 'how long both may sign', durationOf, 86_400_000)
    .option('--from <file>', 'the old credentials file (default: in the data folder)')
    .option('--out <file>', 'the new credentials file (default: in the data folder)')
    .option('--endpoint <url>', 'where the service sends to (default: as before)', urlOf)
    .option('--environment <name>', 'written into each record (default: as before)', nameOf)
}

/** Errors: those of keyInForce and installProducer; CREDENTIALS_WRONG. */
export async function keysRotate(
  name: string,
  flags: KeysRotateFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const data = dataFolder(flags)
  const nowS = Math.floor(Date.now() / 1000)
  const old = keyInForce(name, await readEnrolled(folders), nowS)
  const before = await oldCredentials(old, data, flags.from)
  const service = before?.service ?? (old.services.includes(name) ? name : old.services[0]!)
  const { audience, issuers, roles, services } = old
  const producer = newProducer(
    {
      ...{ audience, issuers, roles, service, services },
      endpoint: flags.endpoint ?? before?.endpoint ?? defaultEndpoint,
      environment: flags.environment ?? before?.environment,
      previous: before === null ? [] : [before, ...(before.previous ?? [])].map(ownKeyOf),
    },
    { ...(await readPublicKeys(folders.keys)), ...(await readSharedKeys(folders)) },
  )
  const { kid } = producer.enrolment
  const file = resolve(flags.out ?? credentialsFile(data, service, kid))
  const until = nowS + Math.ceil(flags.overlap / 1000)
  await installProducer(producer, folders, file, (enrolled) => {
    // Once more, of the list as it is now: it may have been revoked meanwhile.
    const { validUntil } = keyInForce(old.kid, enrolled, nowS)
    const end = validUntil === 0 ? until : Math.min(validUntil, until)
    return enrolled.map((each) => (each.kid === old.kid ? { ...each, validUntil: end } : each))
  })
  tell({ kid, old, until, file, service, keepsSpool: before !== null }, terminal)
  return EXIT.ok
}

interface Rotated {
  readonly kid: string
  readonly old: Enrolment
  /** Unix seconds. */
  readonly until: number
  readonly file: string
  readonly service: string
  readonly keepsSpool: boolean
}

function tell({ file, keepsSpool, kid, old, service, until }: Rotated, terminal: Terminal): void {
  const { err, json, out, paint } = terminal
  const env = { GRANTLOG_CREDENTIALS: file }
  if (json) {
    const { issuers, roles } = old
    const replaced = { kid: old.kid, validUntil: until }
    out(JSON.stringify({ kid, service, roles, issuers, replaced, credentials: file, env }))
    return
  }
  err(`${paint.bold(service)} may sign with ${kid} instead of ${old.kid}`)
  err(`Restart it with the new file (0600) before ${minuteText(until)}: then the old key ends.`)
  if (!keepsSpool) {
    err(`${paint.yellow('note')} the old credentials file was not found (--from): stop the service`)
    err('first, and start it once more with the old file if its spool is not empty.')
  }
  out(`GRANTLOG_CREDENTIALS=${file}`)
}

interface OldCredentials extends OwnKey {
  readonly service: string
  readonly endpoint: string
  readonly environment?: string
  readonly previous?: readonly OwnKey[]
}

/** Null when it is not where it was made, and none was named. Errors: CREDENTIALS_WRONG. */
async function oldCredentials(
  { kid, services }: Enrolment,
  data: string,
  from: string | undefined,
): Promise<OldCredentials | null> {
  const path = from ?? credentialsFile(data, services[0] ?? '', kid)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (from === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const json = JSON.parse(text) as OldCredentials
    if (json.kid !== kid) throw new CliError('CREDENTIALS_WRONG', `${path} is not of key ${kid}`)
    return { ...json, previous: (json.previous ?? []).slice(0, previousMax - 1) }
  } catch (error) {
    if (error instanceof CliError) throw error
    // Node's message may quote what it got, and that is a key.
    throw new CliError('CREDENTIALS_WRONG', `${path} is not JSON`)
  }
}

function ownKeyOf({ kid, privateKey }: OwnKey): OwnKey {
  return { kid, privateKey }
}
