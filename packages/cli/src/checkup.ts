// The checks of `grantlog doctor`. Each looks at one thing and changes nothing.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Folders, ledgerExists } from '@grantlog/ledger'
import { diskLevelOf, spaceOf } from '@grantlog/receiver'
import { checkAccessOf } from './access-checkup.ts'
import { adminUrl, type Check, type Place } from './check.ts'
import { readEnrolled } from './credentials.ts'
import { problemOf } from './errors.ts'
import { checkIndex } from './index-checkup.ts'
import { stateOf } from './key-state.ts'
import { checkLedger } from './ledger-checkup.ts'
import { checkPolicies } from './policy-checkup.ts'
import { checkDiscarded, checkSinks, type StatusAnswer } from './sink-checkup.ts'
import { checkStreams, isServed, readStreams, type StreamsReport } from './stream-checkup.ts'
import { checkTenants } from './tenant-checkup.ts'
import { checkValidations } from './validation-checkup.ts'

const lowDiskBytes = 1024 ** 3
const answerMs = 2_000

/** What was looked at, in the order to read it, and the streams, where there is a ledger. */
export interface Checkup {
  readonly checks: readonly Check[]
  readonly streams: StreamsReport | null
}

export async function checkData(place: Place): Promise<Checkup> {
  const { data, folders } = place
  if (!(await ledgerExists(folders))) {
    const fix = 'Start `grantlog receiver`, or give the folder with --data.'
    const none: Check = { code: 'LEDGER', status: 'broken', what: `no ledger in ${data}`, fix }
    return { checks: [none], streams: null }
  }
  let streams: StreamsReport | null = null
  const parts = [
    async () => checkLedger(folders, await isServed(place)),
    async () => {
      streams = await readStreams(place)
      return checkStreams(streams)
    },
    () => checkValidations(folders, Date.now()),
    () => checkIndex(folders),
    () => checkEnrolled(folders),
    () => checkPolicies(folders),
    () => checkKeyFiles(folders),
    () => checkDisk(data),
    () => checkReceiver(place),
    () => checkTenants(place),
  ]
  const checks: Check[] = []
  for (const part of parts) {
    try {
      checks.push(...(await part()))
    } catch (error) {
      const { code, fix, title } = problemOf(error)
      checks.push({ code, status: 'broken', what: title, fix })
    }
  }
  return { checks, streams }
}

async function checkEnrolled(folders: Folders): Promise<Check[]> {
  const enrolled = await readEnrolled(folders)
  const fix = 'Make one with `grantlog keys new --service NAME --role ROLE`.'
  if (enrolled.length === 0) {
    return [{ code: 'KEYS', status: 'weak', what: 'no key is enrolled: nobody can send', fix }]
  }
  const nowS = Date.now() / 1000
  const ended = enrolled.filter((each) => ['ended', 'revoked'].includes(stateOf(each, nowS)))
  const what = `${enrolled.length} keys enrolled, ${ended.length} no longer valid`
  return [{ code: 'KEYS', status: 'ok', what }]
}

/** Private files must be their owner's alone; and the root key should not lie beside the data. */
async function checkKeyFiles(folders: Folders): Promise<Check[]> {
  const names = await readdir(folders.keys)
  const secret = names.filter((name) => /\.key$|^keystore\.db|^enrolled\.json$/.test(name))
  const open: string[] = []
  for (const name of secret) {
    if (await isOpenToOthers(join(folders.keys, name))) open.push(name)
  }
  const checks = [modesOf(folders, open, await isOpenToOthers(folders.keys))]
  if (!names.includes('root.key')) return checks
  const what = 'root.key is a file beside the data: whoever copies both reads every record'
  const fix = 'Keep backups of keys/ and ledger/ in different places, with different owners.'
  return [...checks, { code: 'ROOT_KEY', status: 'weak', what, fix }]
}

function modesOf({ keys }: Folders, open: readonly string[], folderIsOpen: boolean): Check {
  if (open.length === 0) {
    return { code: 'KEY_FILES', status: 'ok', what: "private files are their owner's alone" }
  }
  // Keys in the keystore are wrapped by root.key, so it may be open in a folder that is not.
  const broken = folderIsOpen || open.some((name) => name.endsWith('.key'))
  const what = `the modes let others read ${open.join(', ')} in ${keys}`
  const fix = `chmod 600 ${open.map((name) => join(keys, name)).join(' ')}`
  return { code: 'KEY_FILES', status: broken ? 'broken' : 'weak', what, fix }
}

async function isOpenToOthers(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o077) !== 0
}

async function checkDisk(data: string): Promise<Check[]> {
  const space = await spaceOf(data)
  const { freeBytes, usedPercent } = space
  const what = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free in ${data}, ${usedPercent} % used`
  if (freeBytes >= lowDiskBytes && diskLevelOf(space) === 'ok') {
    return [{ code: 'DISK', status: 'ok', what }]
  }
  const fix = 'Free space: on a full disk nothing is taken until there is room again.'
  return [{ code: 'DISK', status: 'weak', what, fix }]
}

async function checkReceiver(place: Place): Promise<Check[]> {
  const { adminPort: port, folders } = place
  const status = await readStatus(place)
  if (status === null) {
    const what = `no receiver answers on 127.0.0.1:${port}`
    const fix = 'Start `grantlog receiver`, or name its --admin-port.'
    return [{ code: 'RECEIVER', status: 'weak', what, fix }]
  }
  const refused = Object.entries(status.refused).filter(([, spans]) => spans > 0)
  const counts = refused.map(([reason, spans]) => `${reason} ${spans}`).join(', ')
  const at = `receiver on 127.0.0.1:${port}`
  const receiver: Check = {
    code: 'RECEIVER',
    status: !status.ready ? 'broken' : refused.length > 0 ? 'weak' : 'ok',
    what: `${at}: ${status.committed} committed, refused: ${counts || 'none'}`,
    ...(status.ready ? {} : { fix: fixOf(status) }),
  }
  return [
    receiver,
    ...checkAccessOf(status),
    ...checkDiscarded(status),
    ...checkSinks(status, folders),
  ]
}

/** What to do about a receiver that takes nothing, in its own words where it has some. */
function fixOf({ notReady = [] }: StatusAnswer): string {
  if (notReady.length === 0) return 'It takes nothing any more: see its log, and restart it.'
  return notReady.map(({ fix, title }) => `${title}: ${fix}.`).join(' ')
}

/** /readyz of the receiver; null when nobody answers, or somebody else does. */
async function readStatus(place: Place): Promise<StatusAnswer | null> {
  try {
    const url = adminUrl(place, '/readyz')
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
    const status = (await response.json()) as Partial<StatusAnswer>
    const ours = Array.isArray(status.sinks) && typeof status.refused === 'object'
    return ours ? (status as StatusAnswer) : null
  } catch {
    return null
  }
}
