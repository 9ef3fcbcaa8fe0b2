// What the receiver does about a stolen refresh token: it tells the authorization server by a
// signed Security Event Token, which ends the session (apps/security-events.ts).
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecurityEvents } from '../apps/security-events.ts'
import { freePort } from './processes.ts'

/** "Refresh token used twice": packages/detect/rules/protocol/10-refresh-reuse.yml. */
export const refreshReuse = 'b3c56ce9-c94b-46ed-8b96-33907b55453d'

/** Of the channel, as metrics name it. */
export const channel = 'login'

export interface Alerts {
  /** Where the authorization server must listen: the channel is told before there is one. */
  readonly issuerPort: number
  /** Of the receiver. */
  readonly args: readonly string[]
  readonly events: Omit<SecurityEvents, 'hashKeys'>
}

/** Writes the receiver's configuration. */
export async function prepareAlerts(folder: string): Promise<Alerts> {
  const issuerPort = await freePort()
  const config = join(folder, 'grantlog.yaml')
  const key = join(folder, 'events.jwk')
  const [issuer, audience] = ['https://log.example', 'https://login.example']
  await writeFile(
    config,
    `version: 1
alerts:
  channels:
    - name: ${channel}
      type: security-events
      url: http://127.0.0.1:${issuerPort}/security-events
      issuer: ${issuer}
      audience: ${audience}
      key: ${key}
      rules: [${refreshReuse}]
`,
  )
  const events = { issuer, audience, keys: `${key}.pub` }
  return { issuerPort, args: ['--config', config], events }
}
