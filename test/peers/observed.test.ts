// Scenario: a real Keycloak, where users, clients and an administrator do what they do; the adapter
// as its users run it, killed in between; a real receiver. Guarantee: each event that Keycloak
// keeps is one record, marked as observed, with nothing secret; what was deleted there is told as a
// gap.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect } from '@jest/globals'
import type { LedgerRecord } from '@grantlog/query'
import { startReceiverProcess } from '../crash/receiver-process.ts'
import { KEYCLOAK_START_TIMEOUT_MS } from './keycloak.ts'
import { runExtensions, startAuthenticationDevices } from './keycloak-extensions.ts'
import { newPassword, runAdministration, runFlows } from './keycloak-flows.ts'
import { type KeycloakWorld, observerSecret, startKeycloakWorld } from './keycloak-world.ts'
import { peerTest } from './peer-test.ts'
import { auditedAt } from './world.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const run = promisify(execFile)

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** What the flows are, by the words of both. */
const expected = [
  'LOGIN_ERROR oauth.login failure',
  'LOGIN_ERROR oauth.login failure account_unknown',
  'LOGIN oauth.login success',
  'CODE_TO_TOKEN oauth.token success',
  'INTROSPECT_TOKEN oauth.introspect success',
  'USER_INFO_REQUEST oauth.userinfo success',
  'OAUTH2_DEVICE_VERIFY_USER_CODE oauth.device_verification success',
  'OAUTH2_DEVICE_CODE_TO_TOKEN oauth.token success',
  'REFRESH_TOKEN oauth.token success',
  'REFRESH_TOKEN_ERROR oauth.token failure refresh_reused',
  'LOGOUT oauth.end_session success',
  'LOGIN oauth.token success',
  'REVOKE_GRANT oauth.revoke success',
  'CLIENT_LOGIN oauth.token success',
  'CLIENT_LOGIN_ERROR oauth.token failure client_credentials_invalid',
  'CODE_TO_TOKEN_ERROR oauth.token failure code_unknown',
  'LOGIN_ERROR oauth.login failure redirect_uri_mismatch',
  'LOGIN_ERROR oauth.login denied access_denied',
  'OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR oauth.token failure rate_limited',
  'OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR oauth.token denied access_denied',
  // One refusal, two events.
  'PUSHED_AUTHORIZATION_REQUEST_ERROR oauth.par failure redirect_uri_mismatch',
  'PUSHED_AUTHORIZATION_REQUEST_ERROR oauth.par failure request_invalid',
  'TOKEN_EXCHANGE oauth.token success',
  'TOKEN_EXCHANGE_ERROR oauth.token failure token_unknown',
  'AUTHREQID_TO_TOKEN oauth.token success',
  'CLIENT_REGISTER_ERROR oauth.register denied client_not_allowed',
  'CLIENT_REGISTER oauth.register success',
  'CLIENT_INFO oauth.register success',
  'CLIENT_UPDATE oauth.register success',
  'CLIENT_DELETE oauth.register success',
  'UPDATE USER keycloak.admin.update_user success',
  'ACTION USER keycloak.admin.action_user success',
  'CREATE REALM_ROLE keycloak.admin.create_realm_role success',
  'CREATE REALM_ROLE_MAPPING keycloak.admin.create_realm_role_mapping success',
  'DELETE REALM_ROLE_MAPPING keycloak.admin.delete_realm_role_mapping success',
  'ACTION USER oauth.end_session success',
  'CREATE CLIENT oauth.register success',
  'UPDATE CLIENT oauth.register success',
  'ACTION CLIENT keycloak.admin.action_client success',
  'DELETE CLIENT oauth.register success',
  'UPDATE REALM keycloak.admin.update_realm success',
  'CREATE USER keycloak.admin.create_user success',
  'DELETE USER keycloak.admin.delete_user success',
]

/** Of what the flows do, too, Keycloak keeps no event. */
const unkept = [
  'PUSHED_AUTHORIZATION_REQUEST oauth.par success',
  'OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR oauth.token challenge authorization_pending',
  'AUTHREQID_TO_TOKEN_ERROR oauth.token challenge authorization_pending',
]

const text = ({ attributes }: LedgerRecord, name: string): string =>
  String(attributes.get(name) ?? '')

const wordsOf = (record: LedgerRecord): string =>
  ['audit.observed.event', 'audit.action', 'audit.outcome', 'oauth.error.reason']
    .map((name) => text(record, name))
    .join(' ')
    .trim()

interface Adapter {
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

async function adapterOf(world: KeycloakWorld, root: string, endpoint: string): Promise<Adapter> {
  const [data, credentials] = [join(root, 'data'), join(root, 'observer.json')]
  const key = ['--service', 'keycloak-adapter', '--role', 'observer', '--endpoint', endpoint]
  await run(process.execPath, [main, 'keys', 'new', '--data', data, ...key, '--out', credentials])
  const secret = join(root, 'secret')
  await writeFile(secret, observerSecret)
  const args = [
    ...[main, 'observe', 'keycloak', '--url', world.url, '--realm', world.realm, '--json'],
    ...['--client-id', 'grantlog-observer', '--client-secret-file', secret],
    ...['--credentials', credentials, '--state', join(root, 'state')],
  ]
  return { args, env: process.env }
}

/** Killed once it has said so often that something is sealed. */
async function killedAfter({ args, env }: Adapter, sent: number): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, args, { env, stdio: 'pipe' })
  let seen = ''
  for await (const chunk of child.stderr!) {
    seen += String(chunk)
    if (seen.split('OBSERVE_SENT').length > sent) break
  }
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

peerTest(
  'Keycloak, observed',
  ['keycloak'],
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'grantlog-observed-'))
    cleanUps.push(() => rm(root, { recursive: true, force: true }))
    const devices = await startAuthenticationDevices()
    cleanUps.push(devices.stop)
    const world = await startKeycloakWorld(devices.url)
    cleanUps.push(() => world.stop())
    const receiver = await startReceiverProcess(join(root, 'data'))
    cleanUps.push(() => receiver.stop())
    const adapter = await adapterOf(world, root, receiver.endpoint)
    const ledger = auditedAt(join(root, 'data'))
    const observed = async (): Promise<LedgerRecord[]> =>
      (await ledger.records()).filter((each) => each.attributes.has('audit.observed.by'))
    const once = (): Promise<{ stderr: string }> =>
      run(process.execPath, [...adapter.args, '--once'], { env: adapter.env })

    await killedAfter(adapter, 1)
    const secrets = [newPassword, ...(await runFlows(world))]
    await killedAfter(adapter, 1)
    secrets.push(...(await runExtensions(world, devices)))
    await runAdministration(world)
    await once()
    const kept = await Promise.all(
      ['/events?max=1000', '/admin-events?max=1000'].map((path) => world.admin('GET', path)),
    )
    const ids = (kept.flat() as { id: string }[]).map(({ id }) => id)
    const records = await observed()
    // The log-ins of the adapter itself are events, too, and come while it runs.
    const recorded = records.map((each) => text(each, 'audit.observed.id'))
    expect(new Set(recorded).size).toBe(recorded.length)
    const own = new Set(
      records
        .filter((each) => text(each, 'oauth.client.id') === 'grantlog-observer')
        .map((each) => text(each, 'audit.observed.id')),
    )
    expect(ids.filter((id) => !recorded.includes(id) && !own.has(id)).length).toBeLessThanOrEqual(1)
    const words = new Set(records.map(wordsOf))
    expect(expected.filter((each) => !words.has(each))).toEqual([])
    expect(unkept.filter((each) => words.has(each))).toEqual([])
    for (const record of records) {
      expect(text(record, 'oauth.role')).toBe('observer')
      expect(text(record, 'audit.observed.service')).toBe('keycloak/shop')
      expect(text(record, 'oauth.issuer')).toBe(`${world.url}/realms/shop`)
    }
    const said = JSON.stringify(records.map(({ attributes }) => [...attributes].map(String)))
    for (const secret of secrets) expect(said).not.toContain(secret)

    await world.admin('DELETE', '/events')
    const { stderr } = await once()
    expect(stderr).toContain('OBSERVE_GAP')
    expect((await observed()).map(wordsOf)).toContain('events audit.observed.gap failure')
    expect((await ledger.verify()).code).toBe(3)
  },
  3 * KEYCLOAK_START_TIMEOUT_MS,
)
