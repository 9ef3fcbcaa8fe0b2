// Where findings are sent. Secrets are named, never written.
import { levels, syslogFacilities } from '@grantlog/detect'
import { z } from 'zod'
import { certificates } from './certificates.ts'
import { secret, url, urlOf } from './secrets.ts'
import { path, section } from './values.ts'

const every = {
  name: z
    .string({ error: 'a channel has a name' })
    .regex(/^[a-z0-9-]{1,64}$/, { error: 'a name of a channel is a-z, 0-9 and -, 64 at most' })
    .meta({ description: 'names what waits for it: keep it for good' }),
  level: z
    .enum(levels, { error: `a level is one of ${levels.join(', ')}` })
    .default('medium')
    .meta({ description: 'findings that are less bad are not sent' }),
}

const authorization = secret.optional().meta({ description: 'where its Authorization header is' })
const line = z.string({ error: 'text of one line' }).regex(/^[^\p{Cc}]{1,256}$/u)

/** That of examples (RFC 5612): there is none for this program. */
const exampleEnterprise = 32_473
/** RFC 9371: 32 bits. */
const enterpriseMax = 2 ** 32 - 1
const facilities = Object.keys(syslogFacilities) as [keyof typeof syslogFacilities]

/** Without a port: that of syslog over TLS. Over TCP there is none that all have. */
const syslogUrl = urlOf(/^(tls|tcp):$/, 'tls://HOST:PORT or tcp://HOST:PORT is needed').refine(
  (text) => {
    const { hash, pathname, port, protocol, search } = URL.parse(text)!
    return pathname + search + hash === '' && (port !== '' || protocol === 'tls:')
  },
  { error: 'a server of syslog has a host and a port, and nothing behind' },
)

const channel = z.discriminatedUnion(
  'type',
  [
    z.strictObject({
      ...every,
      type: z.literal('alertmanager').meta({ description: 'Prometheus Alertmanager, API v2' }),
      url: url.meta({ description: 'base URL of the server' }),
      authorization,
    }),
    z.strictObject({
      ...every,
      type: z.literal('webhook').meta({ description: 'POST, signed as Standard Webhooks has it' }),
      url: url.meta({ description: 'where it is sent' }),
      secret: secret.meta({ description: 'where its secret is: whsec_ and base64 of 24–64 bytes' }),
    }),
    z.strictObject({
      ...every,
      level: every.level.unwrap().default('high').meta({
        description: 'findings that are less bad end no session',
      }),
      type: z.literal('security-events').meta({
        description: 'CAEP session-revoked to an authorization server (RFC 8935)',
      }),
      url: url.meta({ description: 'its endpoint for pushed events' }),
      issuer: line.meta({ description: '`iss` of its tokens' }),
      audience: line.meta({ description: '`aud` of its tokens' }),
      key: path.meta({
        description: 'private JWK that signs; made when it is missing, with KEY.pub beside it',
        isPath: true,
      }),
      rules: z
        .array(z.uuid({ error: 'the id of a rule is a UUID' }))
        .default([])
        .meta({ description: 'ids of the rules that end a session; none: all of the level' }),
      authorization,
    }),
    z
      .strictObject({
        ...every,
        type: z.literal('syslog').meta({ description: 'RFC 5424 over TLS (RFC 5425) or TCP' }),
        url: syslogUrl.meta({
          description: 'tls://HOST:PORT, 6514 by default, or tcp://HOST:PORT, which anybody reads',
        }),
        facility: z
          .enum(facilities, { error: `a facility is one of ${facilities.join(', ')}` })
          .default('authpriv')
          .meta({ description: 'facility of its messages: authpriv is 10, audit is 13' }),
        hostname: z
          .string({ error: 'a name of a host is text' })
          .regex(/^[!-~]{1,255}$/, { error: '1 to 255 visible characters of ASCII' })
          .optional()
          .meta({ description: 'HOSTNAME of its messages; default: what this machine is called' }),
        enterprise: z
          .int({ error: 'a private enterprise number is a whole number' })
          .min(0, { error: 'a private enterprise number is 0 at least' })
          .max(enterpriseMax, { error: `a private enterprise number is ${enterpriseMax} at most` })
          .default(exampleEnterprise)
          .meta({ description: 'private enterprise number of its structured data, `grantlog@…`' }),
        tls: certificates,
      })
      .refine(({ tls, url }) => tls === undefined || !url.startsWith('tcp:'), {
        error: 'tls needs a tls:// URL',
        path: ['tls'],
      }),
  ],
  { error: 'a channel has a type: alertmanager, webhook, security-events or syslog' },
)

export type ConfiguredChannel = z.output<typeof channel>

/** A delivery a minute to each of more would be a second of every minute. */
const channelsMax = 16

const shape = {
  channels: z
    .array(channel)
    .max(channelsMax, { error: `at most ${channelsMax} channels` })
    .default([])
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: 'two channels have the same name',
    })
    .meta({ description: 'channels, each with a name and a type' }),
  consoleUrl: url.optional().meta({ description: 'where the page is, for links in alerts' }),
}

export const alerts = section('where findings are sent', shape)

/** Of a tenant: its findings go nowhere else. */
export const tenantAlerts = section('where its findings are sent; others go elsewhere', shape)
