// The alert channels of grantlog.yaml as detection takes them, each secret from where the file says
// it is. See test/findings.test.ts.
import { hostname as hostnameOfMachine } from 'node:os'
import {
  alertmanager,
  type Channel,
  secretOf,
  securityEvents,
  sessionOf,
  signingKey,
  syslog,
  webhook,
} from '@grantlog/detect'
import type { LedgerReader } from '@grantlog/ledger'
import { CliError } from '../errors.ts'
import type { Config } from './schema.ts'
import { certificatesIn, secretValue } from './secret-value.ts'
import type { ConfiguredChannel } from './sections/alerts.ts'

/** Channels, when the ledger is open. */
export type MakeChannels = (reader: LedgerReader) => readonly Channel[]

/** Errors: CONFIG_SECRET, which shows no value. */
export async function configuredChannels(
  { channels, consoleUrl }: Config['alerts'],
  env: NodeJS.ProcessEnv,
): Promise<MakeChannels> {
  const made = await Promise.all(channels.map((one) => channelOf(one, { consoleUrl, env })))
  return (reader) => made.map((make) => make(reader))
}

interface Given {
  readonly consoleUrl: string | undefined
  readonly env: NodeJS.ProcessEnv
}

async function channelOf(
  channel: ConfiguredChannel,
  { consoleUrl, env }: Given,
): Promise<(reader: LedgerReader) => Channel> {
  const { level, name, url } = channel
  const common = { name, url, level, consoleUrl }
  if (channel.type === 'webhook') {
    const at = `${name}, secret`
    const secret = secretOf(await secretValue(channel.secret, { at, env }))
    if (secret === null) throw new CliError('CONFIG_SECRET', `${at}: not whsec_ and base64`)
    return () => webhook({ ...common, secret })
  }
  if (channel.type === 'syslog') {
    const { enterprise, facility, hostname = machineName() } = channel
    const tls = await certificatesIn(channel.tls, name)
    return () => syslog({ ...common, enterprise, facility, hostname, tls })
  }
  const authorization =
    channel.authorization === undefined
      ? undefined
      : await secretValue(channel.authorization, { at: `${name}, authorization`, env })
  if (channel.type === 'alertmanager') return () => alertmanager({ ...common, authorization })
  const { audience, issuer, key, rules } = channel
  const signer = await signingKey(key)
  const told = { ...common, authorization, audience, issuer, rules, signer }
  return (reader) => securityEvents({ ...told, sessionOf: (finding) => sessionOf(reader, finding) })
}

/** RFC 5424 6.2.4: `-` where there is none that HOSTNAME can be. */
function machineName(): string {
  const name = hostnameOfMachine()
  return /^[!-~]{1,255}$/.test(name) ? name : '-'
}
